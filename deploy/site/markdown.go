package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// markdown returns the converter: GitHub's Markdown, with an id for each heading.
func markdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.GFM),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(consoleBlocks{}, 100))),
	)
}

// anchors makes the ids of one page as GitHub makes them, so that a link with an anchor works in both places.
type anchors map[string]int

func withAnchors() parser.ParseOption {
	return parser.WithContext(parser.NewContext(parser.WithIDs(anchors{})))
}

// Generate implements parser.IDs: letters, digits, "-" and "_" stay, spaces become "-". A repeated id gets a number.
func (a anchors) Generate(value []byte, _ ast.NodeKind) []byte {
	id := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, strings.TrimSpace(withoutLinks(string(value))))
	n := a[id]
	a[id]++
	if n > 0 {
		id += "-" + strconv.Itoa(n)
	}
	return []byte(id)
}

// withoutLinks replaces links in the source of a heading by their text.
func withoutLinks(text string) string {
	for {
		before, rest, found := strings.Cut(text, "](")
		if !found {
			return text
		}
		_, after, _ := strings.Cut(rest, ")")
		text = before + after
	}
}

// Put implements parser.IDs.
func (a anchors) Put(value []byte) { a[string(value)]++ }

func anchorOf(h *ast.Heading) string {
	id, _ := h.AttributeString("id")
	text, _ := id.([]byte)
	return string(text)
}

// consoleBlocks renders fenced code. In what a terminal shows, commands are marked.
type consoleBlocks struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (consoleBlocks) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, renderFenced)
}

func renderFenced(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	block, ok := n.(*ast.FencedCodeBlock)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	language := string(block.Language(source))
	fmt.Fprintf(w, "<pre class=\"%s\" tabindex=\"0\"><code>", util.EscapeHTML([]byte(language)))
	lines := bytes.SplitAfter(block.Lines().Value(source), []byte("\n"))
	goesOn := ""
	for _, line := range lines {
		text := strings.TrimSuffix(string(line), "\n")
		isCommand := language == "console" && (goesOn != "" || strings.HasPrefix(text, "$ "))
		if isCommand {
			goesOn = continuation(text, goesOn)
			fmt.Fprintf(w, "<b>%s</b>\n", util.EscapeHTML([]byte(text)))
		} else {
			_, _ = w.Write(util.EscapeHTML(line))
		}
	}
	_, err := w.WriteString("</code></pre>\n")
	return ast.WalkSkipChildren, err
}

// continuation returns what a command goes on to after one of its lines: "\\" for the next line only, the word at the
// end of a here-document, or "" if it ends.
func continuation(line, goesOn string) string {
	if goesOn != "" && goesOn != `\` {
		if line == goesOn {
			return ""
		}
		return goesOn
	}
	if _, rest, found := strings.Cut(line, "<<"); found {
		word := strings.TrimLeft(rest, "'")
		if end := strings.IndexFunc(word, func(r rune) bool { return !unicode.IsUpper(r) }); end > 0 {
			return word[:end]
		} else if end < 0 && word != "" {
			return word
		}
	}
	if strings.HasSuffix(line, `\`) {
		return `\`
	}
	return ""
}
