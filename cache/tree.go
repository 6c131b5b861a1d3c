package cache

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// treeFacts lists what an expression refers to by oid, found in its text (pg_node_tree, see [viewTargets]).
type treeFacts struct {
	functions []uint32
	relations []uint32
	types     []uint32
	casts     []uint32 // types that values are converted to
	// sees are the settings that are read by name.
	sees Settings
}

// oidOfCurrentSetting and oidOfCurrentSettingOrNull are those of current_setting(text) and current_setting(text,
// boolean).
const (
	oidOfCurrentSetting       = 2077
	oidOfCurrentSettingOrNull = 3294
	// currentSchema is the prefix of CURRENT_SCHEMA, which is not a function.
	currentSchema = "SQLVALUEFUNCTION :op 14 "
)

var (
	// settingCall matches a call of current_setting, including the bytes of its argument if that is a constant.
	settingCall = regexp.MustCompile(`:funcid (?:2077|3294)(?: [^{}()]*:args \(\{CONST :consttype 25 [^{}]*:constvalue \d+ \[([-0-9 ]+)\])?`)
	// sequenceName matches a call of nextval with a constant sequence.
	sequenceName = regexp.MustCompile(`:funcid 1574 [^{}()]*:args \(\{CONST :consttype 2205`)
)

// withoutSequences returns the tree of a default without calls of nextval, which run no user's code.
func withoutSequences(tree []byte) []byte {
	if !bytes.Contains(tree, []byte(":funcid 1574 ")) {
		return tree
	}
	return sequenceName.ReplaceAll(tree, nil)
}

// readTree finds what an expression refers to.
func readTree(tree []byte) *treeFacts {
	f := &treeFacts{}
	eachOid(tree, f.add)
	for _, function := range f.functions {
		if function == oidOfCurrentSetting || function == oidOfCurrentSettingOrNull {
			f.sees |= settingsRead(tree)
			break
		}
	}
	if bytes.Contains(tree, []byte(currentSchema)) {
		f.sees |= SettingSearchPath
	}
	return f
}

// add records an oid by the name of its field.
func (f *treeFacts) add(field string, oid uint32) {
	switch {
	case field == "funcid" || field == "aggfnoid" || field == "winfnoid":
		f.functions = append(f.functions, oid)
	case field == "relid":
		f.relations = append(f.relations, oid)
	case field == "resulttype":
		f.casts = append(f.casts, oid)
	case strings.HasSuffix(field, "type") || strings.HasSuffix(field, "typeid") || strings.HasSuffix(field, "typeId"):
		f.types = append(f.types, oid)
	}
}

// eachOid calls do for each field whose value is a number.
func eachOid(tree []byte, do func(field string, oid uint32)) {
	for {
		start := bytes.IndexByte(tree, ':')
		if start < 0 {
			return
		}
		tree = tree[start+1:]
		name := wordLength(tree)
		if name == 0 || name == len(tree) || tree[name] != ' ' {
			continue
		}
		digits := digitsLength(tree[name+1:])
		if digits == 0 {
			continue
		}
		if number, err := strconv.ParseUint(string(tree[name+1:name+1+digits]), 10, 32); err == nil && number != 0 {
			do(string(tree[:name]), uint32(number))
		}
	}
}

func wordLength(text []byte) int {
	for i, c := range text {
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return i
		}
	}
	return len(text)
}

func digitsLength(text []byte) int {
	for i, c := range text {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(text)
}

// settingsRead returns the settings that the calls of current_setting in a tree read.
func settingsRead(tree []byte) Settings {
	var all Settings
	for _, call := range settingCall.FindAllSubmatch(tree, -1) {
		all |= settingCalled(constantText(call[1]))
	}
	return all
}

// constantText returns the text of a constant, given its bytes as numbers, without the four bytes of its length.
// Characters that are not ASCII are returned as ?.
func constantText(numbers []byte) string {
	fields := bytes.Fields(numbers)
	if len(fields) < 4 {
		return ""
	}
	var text strings.Builder
	for _, field := range fields[4:] {
		c, err := strconv.Atoi(string(field))
		if err != nil || c < ' ' || c > '~' {
			c = '?'
		}
		text.WriteByte(byte(c))
	}
	return text.String()
}

// settingCalled returns the setting of a request with this name, in any case. "" stands for an unknown name.
func settingCalled(name string) Settings {
	name = strings.ToLower(name)
	is := func(whole, prefix string) bool { return name == whole || strings.HasPrefix(name, prefix) }
	switch {
	case is("request.jwt.claims", "request.jwt.claim."):
		return SettingClaims
	case is("request.headers", "request.header."):
		return SettingHeaders
	case is("request.cookies", "request.cookie."):
		return SettingCookies
	case name == "request.method":
		return SettingMethod
	case name == "request.path":
		return SettingPath
	case strings.HasPrefix(name, "app.settings."):
		return SettingApp
	case name == "search_path":
		return SettingSearchPath
	case name == "role":
		return NoSettings
	default:
		return AllSettings
	}
}
