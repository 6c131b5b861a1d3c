package deploy

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// arrows are the imports that the picture of docs/architecture.md shows.
type arrows map[string][]string

// readPicture returns the names of the packages in a Mermaid flowchart, and its arrows between them.
func readPicture(t *testing.T, document string) (names []string, shown arrows) {
	t.Helper()
	_, picture, _ := strings.Cut(document, "```mermaid\n")
	picture, _, found := strings.Cut(picture, "```")
	if !found {
		t.Fatal("there is no picture")
	}
	labels := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^ *(\w+)\["(.*)"\]$`).FindAllStringSubmatch(picture, -1) {
		name := strings.Replace(m[2], "main.go", ".", 1)
		labels[m[1]], names = name, append(names, name)
	}
	shown = arrows{}
	for _, m := range regexp.MustCompile(`(?m)^ *(\w+) --> (\w+)$`).FindAllStringSubmatch(picture, -1) {
		from, to := labels[m[1]], labels[m[2]]
		if from == "" || to == "" {
			t.Fatalf("%q has an end without a name", m[0])
		}
		shown[from] = append(shown[from], to)
	}
	return names, shown
}

// leads reports whether arrows lead from one package to another.
func (a arrows) leads(from, to string) bool {
	return slices.ContainsFunc(a[from], func(next string) bool { return next == to || a.leads(next, to) })
}

// TestPictureOfPackages checks that the picture contains every package of the program, that each of its arrows is an
// import, and that each import is an arrow or follows from several.
func TestPictureOfPackages(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	names, shown := readPicture(t, string(document))
	imports := arrows{}
	for _, p := range list(t) {
		name := relative(p.ImportPath)
		if outside := matches(name); outside("bench/...") || outside("deploy/...") || outside("gateway/exec/model") {
			continue // not in the program
		}
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
		for _, imported := range p.Imports {
			if inside(imported) {
				imports[name] = append(imports[name], relative(imported))
			}
		}
	}
	for from, all := range shown {
		for _, to := range all {
			if !slices.Contains(imports[from], to) {
				t.Fatalf("%s does not import %s", from, to)
			}
		}
	}
	for from, all := range imports {
		for _, to := range all {
			if !shown.leads(from, to) {
				t.Errorf("%s imports %s, which does not show", from, to)
			}
		}
	}
}

// references are what documents and code refer to: in a document a path that is marked as code, or where a link leads;
// elsewhere the name of a document.
var references = map[string]*regexp.Regexp{
	".md": regexp.MustCompile("`([a-z][\\w.-]*/[\\w/.-]+\\.(?:go|sql|md|sh|txt|json|html))`|" +
		`\]\(([\w./-]+)(?:#[\w-]+)?\)`),
	".go": namedDocument, ".sql": namedDocument, ".sh": namedDocument, ".yaml": namedDocument,
}

var namedDocument = regexp.MustCompile(`\bdocs/[\w/-]+\.md\b|(?:^|[ "(])[A-Z]+\.md\b`)

// TestDocumentsNameWhatIsThere shows that what documents and code refer to is in the repository.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			seen += checkReferences(t, path)
		case entry.Name() == "testdata", strings.HasPrefix(entry.Name(), ".") && entry.Name() != "..":
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 50 {
		t.Errorf("only %d references were found", seen)
	}
}

// checkReferences returns how many references a file has.
func checkReferences(t *testing.T, path string) int {
	t.Helper()
	pattern := references[filepath.Ext(path)]
	if pattern == nil {
		return 0
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := pattern.FindAllStringSubmatch(string(text), -1)
	for _, m := range found {
		name := m[0]
		if len(m) > 1 {
			name = strings.Join(m[1:], "")
		}
		name = strings.TrimLeft(name, ` "(`)
		if !exists(filepath.Join(filepath.Dir(path), name)) && !exists(filepath.Join("..", name)) {
			t.Errorf("%s refers to %s, which is not there", path, name)
		}
	}
	return len(found)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
