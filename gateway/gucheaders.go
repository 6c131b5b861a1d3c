package gateway

import (
	"strconv"

	"github.com/goccy/go-json"

	"trunkline/gateway/socket"
	"trunkline/planner/apierr"
)

// parseResponseHeaders parses the setting response.headers: a JSON array of objects with one header each. Names and
// values that would corrupt the response are refused, like other wrong forms.
func parseResponseHeaders(setting []byte) ([]field, *apierr.Error) {
	if setting == nil {
		return nil, nil // Fast path
	}
	var objects []map[string]any
	if json.Unmarshal(setting, &objects) != nil || objects == nil {
		return nil, apierr.InvalidResponseHeaders()
	}
	headers := make([]field, 0, len(objects))
	for _, object := range objects {
		if len(object) != 1 {
			return nil, apierr.InvalidResponseHeaders()
		}
		for name, value := range object {
			value, ok := value.(string)
			if !ok || !validHeader(name, value) {
				return nil, apierr.InvalidResponseHeaders()
			}
			if settable(name) {
				headers = append(headers, field{name, value})
			}
		}
	}
	return headers, nil
}

// settable reports whether the database may set a header. Headers that determine the end of the response or the state
// of the connection belong to the server.
func settable(name string) bool {
	for _, reserved := range [...]string{
		"connection", "content-length", "keep-alive", "trailer", "transfer-encoding", "upgrade",
	} {
		if socket.IsName([]byte(name), reserved) {
			return false
		}
	}
	return true
}

// parseResponseStatus parses the setting response.status: digits, followed by anything. It returns the default if the
// setting is not set.
func parseResponseStatus(setting []byte, otherwise int) (int, *apierr.Error) {
	if setting == nil {
		return otherwise, nil // Fast path
	}
	digits := 0
	for digits < len(setting) && setting[digits]-'0' <= 9 {
		digits++
	}
	status, err := strconv.Atoi(string(setting[:digits]))
	if err != nil || status != validStatus(status) {
		return 0, apierr.InvalidResponseStatus()
	}
	return status, nil
}
