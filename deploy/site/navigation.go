package main

import (
	"strings"

	"github.com/yuin/goldmark/ast"
)

// section is a part of the navigation: a heading of docs/README.md and the pages that are linked below it.
type section struct {
	title string
	links []pageLink
}

// pageLink is a link to a page, with its text.
type pageLink struct {
	page *page
	text string
}

// navigation returns the sections of docs/README.md. Pages that it does not link come last.
func navigation(pages map[string]*page, sources []string) (sections []section) {
	index := pages["docs/README.md"]
	listed := map[*page]bool{index: true}
	for n := index.tree.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 2 {
			sections = append(sections, section{title: plain(h, index.text)})
		}
		if len(sections) == 0 {
			continue
		}
		last := &sections[len(sections)-1]
		for _, link := range linked(n, index, pages) {
			if !listed[link.page] {
				listed[link.page] = true
				last.links = append(last.links, link)
			}
		}
	}
	more := section{title: "More"}
	for _, source := range sources {
		if p := pages[source]; !listed[p] {
			more.links = append(more.links, pageLink{p, p.title})
		}
	}
	if len(more.links) > 0 {
		sections = append(sections, more)
	}
	return sections
}

// linked returns the links to pages in a part of a page. Links must not have been rewritten yet.
func linked(n ast.Node, from *page, pages map[string]*page) (all []pageLink) {
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if link, ok := n.(*ast.Link); ok && entering && !strings.Contains(string(link.Destination), "://") {
			source, _ := from.resolve(string(link.Destination))
			if p := pages[source]; p != nil {
				all = append(all, pageLink{p, plain(link, from.text)})
			}
		}
		return ast.WalkContinue, nil
	})
	return all
}
