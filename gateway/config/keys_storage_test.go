package config

import "testing"

func TestSchemaCacheURI(t *testing.T) {
	for text, good := range map[string]bool{
		"": true, "file:///a": true, "file://localhost/a": true, "file:///a%20b": true, "http://h/schema_cache": true,
		"https://h:3001/schema_cache?x=1": true, "http://[::1]:3001/": true,
		"file://host/a": false, "file:a": false, "file:": false, "/a": false, "a": false, "ftp://h/a": false,
		"http://": false, "http:///a": false, "http://user:secret@h/": false, "http://h/#x": false, "http://h:x/": false,
		"%": false, "file:///a?b": false,
	} {
		if err := checkSchemaCacheURI(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
