package openapi

import (
	"bytes"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

func TestDocsAsset(t *testing.T) {
	for name, want := range map[string]string{
		"":         "text/html; charset=utf-8",
		"page.css": "text/css; charset=utf-8",
		"page.js":  "text/javascript; charset=utf-8",
		"icon.svg": "image/svg+xml",
	} {
		content, contentType, ok := DocsAsset(name)
		if !ok || len(content) == 0 || contentType != want {
			t.Errorf("%q: %d bytes of %q, %t; want %q", name, len(content), contentType, ok, want)
		}
	}
	for _, name := range []string{"openapi.json", "../docs.go", "../../openapi/docs.go", "nothing.js", "/", ".", "docs"} {
		if _, _, ok := DocsAsset(name); ok {
			t.Errorf("%q is served", name)
		}
	}
}

// TestDocsPageIsWhole follows every link of the page and its scripts.
func TestDocsPageIsWhole(t *testing.T) {
	link := regexp.MustCompile(`(?:href|src)="docs/([^"]+)"|from "\./([^"]+)"`)
	err := fs.WalkDir(docsFiles, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := docsFiles.ReadFile(path)
		for _, m := range link.FindAllSubmatch(content, -1) {
			if name := string(m[1]) + string(m[2]); name != "openapi.json" {
				if _, _, ok := DocsAsset(name); !ok {
					t.Errorf("%s refers to %s, which does not exist", path, name)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDocsNeedNothingElse looks for addresses elsewhere and for what the content policy forbids.
func TestDocsNeedNothingElse(t *testing.T) {
	for _, name := range []string{"", "page.css", "page.js", "model.js", "view.js", "curl.js"} {
		content, _, _ := DocsAsset(name)
		for _, forbidden := range []string{"https://", "//cdn", "innerHTML", "eval(", "style=", "onclick="} {
			if bytes.Contains(content, []byte(forbidden)) {
				t.Errorf("%q contains %s", name, forbidden)
			}
		}
	}
	if strings.Contains(DocsPolicy, "unsafe") || strings.Contains(DocsPolicy, "*") {
		t.Errorf("the policy is weak: %s", DocsPolicy)
	}
}
