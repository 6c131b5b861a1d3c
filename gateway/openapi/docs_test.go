package openapi

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// asset is a file of the page as the admin server has it.
func asset(name string) (content []byte, contentType string, ok bool) {
	place := DocsPlace{Files: "docs/"}
	return place.Asset(name)
}

func TestDocsAsset(t *testing.T) {
	for name, want := range map[string]string{
		"":         "text/html; charset=utf-8",
		"page.css": "text/css; charset=utf-8",
		"page.js":  "text/javascript; charset=utf-8",
		"icon.svg": "image/svg+xml",
	} {
		content, contentType, ok := asset(name)
		if !ok || len(content) == 0 || contentType != want {
			t.Errorf("%q: %d bytes of %q, %t; want %q", name, len(content), contentType, ok, want)
		}
	}
	for _, name := range []string{"openapi.json", "../docs.go", "../../openapi/docs.go", "nothing.js", "/", ".", "docs", "index.html", "vendor"} {
		if _, _, ok := asset(name); ok {
			t.Errorf("%q is served", name)
		}
	}
}

// TestDocsPageIsWhole follows every link of the page and its scripts.
func TestDocsPageIsWhole(t *testing.T) {
	link := regexp.MustCompile(`(?:href|src)="{files}([^"]+)"|from "\./([^"]+)"`)
	err := fs.WalkDir(docsFiles, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := docsFiles.ReadFile(path)
		for _, m := range link.FindAllSubmatch(content, -1) {
			if name := string(m[1]) + string(m[2]); name != "openapi.json" && name != "session.json" {
				if _, _, ok := asset(name); !ok {
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

// ownFiles are the scripts and styles of the page, without what is vendored.
func ownFiles(t *testing.T) (names []string) {
	t.Helper()
	entries, err := docsFiles.ReadDir("docs")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}

// TestDocsNeedNothingElse looks for addresses elsewhere and for what the content policy forbids.
func TestDocsNeedNothingElse(t *testing.T) {
	for _, name := range ownFiles(t) {
		content, err := docsFiles.ReadFile("docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, forbidden := range []string{"https://", "//cdn", "innerHTML", "outerHTML", "eval(", "style=", "onclick=", "document.write", "new Function", "localStorage"} {
			if bytes.Contains(content, []byte(forbidden)) {
				t.Errorf("%q contains %s", name, forbidden)
			}
		}
	}
	own, elsewhere := DocsPlace{API: "./"}, DocsPlace{API: "http://api.example.org:3000/v1/"}
	for _, policy := range []string{own.Policy(), elsewhere.Policy()} {
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("the policy is weak: %s", policy)
		}
	}
	if !strings.HasSuffix(elsewhere.Policy(), "connect-src 'self' http://api.example.org:3000") || !strings.HasSuffix(own.Policy(), "connect-src 'self'") {
		t.Errorf("requests may go elsewhere: %q, %q", own.Policy(), elsewhere.Policy())
	}
}

// TestDocsHaveALicence holds what is vendored against what is said of it.
func TestDocsHaveALicence(t *testing.T) {
	about, err := docsFiles.ReadFile("docs/vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := docsFiles.ReadFile("docs/vendor/dagre.esm.js")
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(script)); !bytes.Contains(about, []byte(sum)) {
		t.Errorf("vendor/README.md does not have the sum of dagre.esm.js, %s", sum)
	}
	for _, file := range []string{"LICENSE.txt", "dagre.esm.js.LEGAL.txt"} {
		if licence, err := docsFiles.ReadFile("docs/vendor/" + file); err != nil || !bytes.Contains(licence, []byte("Permission is hereby granted")) {
			t.Errorf("%s is no licence: %v", file, err)
		}
	}
}
