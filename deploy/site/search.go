package main

import (
	"encoding/json"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// entry is a part of a page that can be found: a heading and what follows it.
type entry struct {
	Page    string `json:"p"`
	Heading string `json:"h"`
	Address string `json:"a"`
	Text    string `json:"t"`
}

// searchIndex returns a script that sets the entries of all pages. A script can be loaded where the site is opened as
// files, without a server; JSON could not.
func searchIndex(pages map[string]*page, sources []string) ([]byte, error) {
	var entries []entry
	for _, source := range sources {
		entries = append(entries, pages[source].entries()...)
	}
	content, err := json.Marshal(entries)
	if err != nil {
		return nil, err
	}
	return append(append([]byte("window.searchIndex = "), content...), ";\n"...), nil
}

func (p *page) entries() (all []entry) {
	all = append(all, entry{Page: p.title, Address: p.address})
	var text strings.Builder
	for n := p.tree.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			all[len(all)-1].Text = text.String()
			text.Reset()
			all = append(all, entry{Page: p.title, Heading: plain(h, p.text), Address: p.address + "#" + anchorOf(h)})
			continue
		}
		text.WriteString(strings.Join(strings.Fields(plain(n, p.text)), " ") + " ")
	}
	all[len(all)-1].Text = text.String()
	return all[1:] // every page begins with a heading
}
