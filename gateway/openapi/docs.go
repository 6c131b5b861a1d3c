package openapi

import (
	"embed"
	"path"
)

//go:embed docs
var docsFiles embed.FS

// DocsPolicy is the Content-Security-Policy of the documentation page, which loads nothing from other origins.
const DocsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// DocsAsset returns a file of the documentation page and its Content-Type. The page itself is "" and is served at
// /docs, its parts at /docs/ followed by their paths. The page displays the document of [OpenAPI31], which must be
// served at /docs/openapi.json. The caller must not modify the content.
func DocsAsset(name string) (content []byte, contentType string, ok bool) {
	if name == "" {
		name = "index.html"
	}
	content, err := docsFiles.ReadFile(path.Join("docs", path.Clean("/"+name)))
	if err != nil {
		return nil, "", false
	}
	return content, assetType(name), true
}

func assetType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return "text/javascript; charset=utf-8"
	}
}
