package deploy

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkedPackage is a type-checked package of the module, without tests.
type checkedPackage struct {
	types *types.Package
	files []*ast.File
	info  types.Info
}

// checkedModule is the type-checked module.
type checkedModule struct {
	fset     *token.FileSet
	packages []*checkedPackage
	// used holds the objects that other packages use, and those implied by them.
	used map[types.Object]bool
	// made holds the struct types that other packages construct by naming fields.
	made map[*types.Named]bool
	// interfaces are the non-empty interfaces declared by the module and its direct imports.
	interfaces []*types.Interface
}

// exportedPackage is a package as "go list -export" describes it.
type exportedPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// checkModule type-checks the module's packages. Other packages are read from the compiler's export data.
func checkModule(t *testing.T) *checkedModule {
	t.Helper()
	m := &checkedModule{fset: token.NewFileSet(), used: map[types.Object]bool{}, made: map[*types.Named]bool{}}
	listed := listExports(t)
	compiled := importer.ForCompiler(m.fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(listed[slices.IndexFunc(listed, func(p exportedPackage) bool { return p.ImportPath == path })].Export)
	})
	own := map[string]*types.Package{}
	imports := importFunc(func(path string) (*types.Package, error) {
		if p, ok := own[path]; ok {
			return p, nil
		}
		return compiled.Import(path)
	})
	for _, listed := range listed { // dependencies come first
		if inside(listed.ImportPath) {
			p := m.check(t, &listed, imports)
			own[listed.ImportPath] = p.types
			m.packages = append(m.packages, p)
		}
	}
	m.collectInterfaces(imports)
	m.collectUses()
	return m
}

type importFunc func(path string) (*types.Package, error)

func (f importFunc) Import(path string) (*types.Package, error) { return f(path) }

func listExports(t *testing.T) (packages []exportedPackage) {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p exportedPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func (m *checkedModule) check(t *testing.T, listed *exportedPackage, imports types.Importer) *checkedPackage {
	t.Helper()
	p := &checkedPackage{info: types.Info{
		Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Types: map[ast.Expr]types.TypeAndValue{},
	}}
	for _, name := range listed.GoFiles {
		file, err := parser.ParseFile(m.fset, filepath.Join(listed.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		p.files = append(p.files, file)
	}
	config := types.Config{Importer: imports}
	var err error
	if p.types, err = config.Check(listed.ImportPath, m.fset, p.files, &p.info); err != nil {
		t.Fatal(err)
	}
	return p
}

// collectInterfaces collects the interfaces that methods may implement.
func (m *checkedModule) collectInterfaces(imports types.Importer) {
	seen := map[*types.Package]bool{}
	take := func(p *types.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, name := range p.Scope().Names() {
			if named, ok := p.Scope().Lookup(name).(*types.TypeName); ok {
				m.addInterface(named.Type())
			}
		}
	}
	for _, p := range m.packages {
		take(p.types)
		for _, imported := range p.types.Imports() {
			take(imported)
		}
		for _, expression := range p.info.Types { // anonymous interfaces
			m.addInterface(expression.Type)
		}
	}
	m.addInterface(types.Universe.Lookup("error").Type())
	if encoding, err := imports.Import("encoding"); err == nil { // whose interfaces encoders look for
		take(encoding)
	}
}

func (m *checkedModule) addInterface(t types.Type) {
	if t == nil {
		return
	}
	if i, ok := t.Underlying().(*types.Interface); ok && i.NumMethods() > 0 && !slices.Contains(m.interfaces, i) {
		m.interfaces = append(m.interfaces, i)
	}
}
