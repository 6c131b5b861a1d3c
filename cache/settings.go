package cache

import (
	"encoding/json"
	"strings"
)

// Settings is a set of the settings that a request makes for its transaction.
type Settings uint8

// The settings of a request that a statement may read. Those of roles and routines, the time zone that a request asks
// for and the role itself are not among them. settingCalled in tree.go and queries/code_functions.sql have the same bits.
const (
	SettingClaims     Settings = 1 << iota // request.jwt.claims, and request.jwt.claim.* of old
	SettingHeaders                         // request.headers, request.header.*
	SettingCookies                         // request.cookies, request.cookie.*
	SettingMethod                          // request.method
	SettingPath                            // request.path
	SettingApp                             // app.settings.*
	SettingSearchPath                      // search_path, which also names mean that are resolved or shown
	SettingOther                           // a setting whose name is not known
)

// NoSettings is read by a statement whose answer does not depend on the request, AllSettings by one about which nothing
// is known.
const (
	NoSettings  Settings = 0
	AllSettings Settings = 1<<8 - 1
)

// Has reports whether s contains all of other.
func (s Settings) Has(other Settings) bool { return s&other == other }

// String returns the names of the settings, separated by commas.
func (s Settings) String() string { return strings.Join(s.names(), ",") }

// MarshalJSON returns the list of the settings' names.
func (s Settings) MarshalJSON() ([]byte, error) { return json.Marshal(s.names()) }

func (s Settings) names() []string {
	names := []string{}
	for i, name := range [...]string{"claims", "headers", "cookies", "method", "path", "app", "search_path", "other"} {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}
