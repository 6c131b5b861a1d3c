package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// rewriteLinks makes the links of all pages lead to pages of the site. It returns an error for each link that leads
// nowhere. Links to other files of the repository become plain text, since the site does not have them.
func rewriteLinks(root string, pages map[string]*page) error {
	var all []error
	for _, p := range pages {
		var outside []*ast.Link
		err := ast.Walk(p.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			link, ok := n.(*ast.Link)
			if !ok || !entering {
				return ast.WalkContinue, nil
			}
			inSite, err := p.rewrite(root, link, pages)
			if err != nil {
				all = append(all, err)
			} else if !inSite {
				outside = append(outside, link)
			}
			return ast.WalkContinue, nil
		})
		all = append(all, err)
		for _, link := range outside {
			unlink(link)
		}
	}
	return errors.Join(all...)
}

// rewrite makes a link lead to a page of the site. It returns false if it leads to another file of the repository.
func (p *page) rewrite(root string, link *ast.Link, pages map[string]*page) (inSite bool, err error) {
	destination := string(link.Destination)
	if strings.Contains(destination, "://") || strings.HasPrefix(destination, "mailto:") {
		return true, nil
	}
	source, anchor := p.resolve(destination)
	target := pages[source]
	if target == nil {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(source))); err != nil {
			return false, fmt.Errorf("%s: the link %s leads nowhere", p.source, destination)
		}
		return false, nil
	}
	if anchor != "" && !target.anchors[anchor] {
		return false, fmt.Errorf("%s: %s has no heading #%s", p.source, source, anchor)
	}
	address := p.linkTo(target.address)
	if anchor != "" {
		address += "#" + anchor
	}
	link.Destination = []byte(address)
	return true, nil
}

// unlink replaces a link by its text.
func unlink(link *ast.Link) {
	parent := link.Parent()
	for child := link.FirstChild(); child != nil; {
		next := child.NextSibling()
		parent.InsertBefore(parent, link, child)
		child = next
	}
	parent.RemoveChild(parent, link)
}
