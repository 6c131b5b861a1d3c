package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// page is a page of the site.
type page struct {
	// source is its file in the repository, address its file in the site, both with slashes.
	source, address string
	title           string
	text            []byte
	tree            ast.Node
	// anchors are the ids of its headings.
	anchors map[string]bool
}

// atRoot are the pages outside of docs/.
func atRoot() []string { return []string{"CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"} }

// readPages returns all pages by their files, and these in order.
func readPages(root string) (pages map[string]*page, sources []string, err error) {
	err = filepath.WalkDir(filepath.Join(root, "docs"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".md" {
			return err
		}
		relative, err := filepath.Rel(root, name)
		sources = append(sources, filepath.ToSlash(relative))
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	sources = append(sources, atRoot()...)
	slices.Sort(sources)
	pages = map[string]*page{}
	for _, source := range sources {
		if pages[source], err = readPage(root, source); err != nil {
			return nil, nil, err
		}
	}
	return pages, sources, nil
}

func readPage(root, source string) (*page, error) {
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(source)))
	if err != nil {
		return nil, err
	}
	p := &page{source: source, address: addressOf(source), text: content, anchors: map[string]bool{}}
	p.tree = markdown().Parser().Parse(text.NewReader(content), withAnchors())
	for _, h := range p.headings() {
		p.anchors[anchorOf(h)] = true
		if p.title == "" {
			p.title = plain(h, content)
		}
	}
	if p.title == "" {
		return nil, fmt.Errorf("%s has no heading", source)
	}
	return p, nil
}

// addressOf returns the file of a page in the site.
func addressOf(source string) string {
	name := strings.TrimPrefix(source, "docs/")
	if name == "README.md" {
		return "index.html"
	}
	if name == source {
		name = strings.ToLower(name)
	}
	return strings.TrimSuffix(name, ".md") + ".html"
}

// headings returns the headings of the page in order.
func (p *page) headings() (all []*ast.Heading) {
	for n := p.tree.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			all = append(all, h)
		}
	}
	return all
}

// root returns the way from the page to the folder of the site: "", "../" and so on.
func (p *page) root() string { return strings.Repeat("../", strings.Count(p.address, "/")) }

// linkTo returns the way from the page to another file of the site.
func (p *page) linkTo(address string) string { return p.root() + address }

// resolve returns the file in the repository that a link leads to, and its anchor.
func (p *page) resolve(link string) (source, anchor string) {
	name, anchor, _ := strings.Cut(link, "#")
	if name == "" {
		return p.source, anchor
	}
	return path.Join(path.Dir(p.source), name), anchor
}

// plain returns the text of a node without markup.
func plain(n ast.Node, source []byte) string {
	var out strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				out.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			out.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				out.WriteByte(' ')
			}
		case *ast.String:
			out.Write(n.Value)
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			out.Write(n.Lines().Value(source))
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(out.String())
}
