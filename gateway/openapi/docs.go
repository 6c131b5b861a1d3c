package openapi

import (
	"embed"
	"html"
	"net/url"
	"path"
	"strconv"
	"strings"
)

//go:embed docs
var docsFiles embed.FS

// DocsPlace says where the documentation page is, and what it shows.
type DocsPlace struct {
	// Files is where the page's files are, relative to the page. It ends with "/".
	Files string
	// API is the address that the page sends requests to, relative to the page or absolute, or "" if it cannot send any.
	// It ends with "/".
	API string
	// Everything is set if openapi.json beside the page describes all that is exposed. Otherwise the page shows the
	// description at the API's root.
	Everything bool
}

// Policy returns the Content-Security-Policy of the page, which loads nothing from other origins, sends requests to the
// API only, and has no way to make text into markup or scripts.
func (p *DocsPlace) Policy() string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; " +
		"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; connect-src 'self'" + p.origin()
}

// origin returns a blank and the API's origin, or "" if that is the page's.
func (p *DocsPlace) origin() string {
	u, err := url.Parse(p.API)
	if err != nil || u.Host == "" {
		return ""
	}
	return " " + u.Scheme + "://" + u.Host
}

// Asset returns a file of the documentation page and its Content-Type. The page itself is "". The page displays the
// document of [OpenAPI31]. The caller must not modify the content.
func (p *DocsPlace) Asset(name string) (content []byte, contentType string, ok bool) {
	page := name == ""
	if page {
		name = "index.html"
	}
	content, err := docsFiles.ReadFile(path.Join("docs", path.Clean("/"+name)))
	if err != nil || !page && path.Ext(name) == ".html" {
		return nil, "", false
	}
	if page {
		content = p.fill(content)
	}
	return content, assetType(name), true
}

// fill returns the page for this place.
func (p *DocsPlace) fill(page []byte) []byte {
	return []byte(strings.NewReplacer(
		"{files}", html.EscapeString(p.Files),
		"{api}", html.EscapeString(p.API),
		"{everything}", strconv.FormatBool(p.Everything),
	).Replace(string(page)))
}

func assetType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt", ".md":
		return "text/plain; charset=utf-8"
	default:
		return "text/javascript; charset=utf-8"
	}
}
