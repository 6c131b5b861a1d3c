package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
)

//go:embed theme
var theme embed.FS

// view is what the template shows.
type view struct {
	Title, Root string
	Content     template.HTML
	Sections    []viewSection
	// Parts are the headings of the page, if there are several.
	Parts []viewLink
}

type viewSection struct {
	Title string
	Links []viewLink
}

type viewLink struct {
	Title, Address string
	Current        bool
}

// build makes the site of a repository.
func build(root, to string) error {
	pages, sources, err := readPages(root)
	if err != nil {
		return err
	}
	if pages["docs/README.md"] == nil {
		return fmt.Errorf("docs/README.md is missing in %s", root)
	}
	sections := navigation(pages, sources)
	index, err := searchIndex(pages, sources)
	if err != nil {
		return err
	}
	if err := rewriteLinks(root, pages); err != nil {
		return err
	}
	layout, err := template.ParseFS(theme, "theme/page.html")
	if err != nil {
		return err
	}
	for _, p := range pages {
		if err := p.write(to, layout, sections); err != nil {
			return err
		}
	}
	return writeTheme(to, index)
}

// write writes the page into the site.
func (p *page) write(to string, layout *template.Template, sections []section) error {
	var content, out bytes.Buffer
	if err := markdown().Renderer().Render(&content, p.text, p.tree); err != nil {
		return fmt.Errorf("%s: %w", p.source, err)
	}
	v := view{Title: p.title, Root: p.root(), Content: template.HTML(content.String())}
	for _, s := range sections {
		shown := viewSection{Title: s.title}
		for _, link := range s.links {
			shown.Links = append(shown.Links, viewLink{link.text, p.linkTo(link.page.address), link.page == p})
		}
		v.Sections = append(v.Sections, shown)
	}
	for _, h := range p.headings() {
		if h.Level == 2 {
			v.Parts = append(v.Parts, viewLink{Title: plain(h, p.text), Address: "#" + anchorOf(h)})
		}
	}
	if err := layout.Execute(&out, v); err != nil {
		return fmt.Errorf("%s: %w", p.source, err)
	}
	return writeFile(filepath.Join(to, filepath.FromSlash(p.address)), out.Bytes())
}

func writeTheme(to string, index []byte) error {
	if err := writeFile(filepath.Join(to, "search-index.js"), index); err != nil {
		return err
	}
	for _, name := range []string{"site.css", "site.js"} {
		content, err := theme.ReadFile("theme/" + name)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(to, name), content); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}
