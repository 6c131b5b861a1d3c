package deploy

import (
	"go/ast"
	"go/types"
	"slices"
	"testing"
)

// TestExportedNamesHaveUsers fails for each exported name that no other package uses outside of tests. Such a name must
// be unexported, moved into a test or deleted. The test covers functions, methods, types, fields, variables and
// constants of all packages except main ones.
//
// A name also counts as used if
//   - it is a method that implements an interface, or that package errors looks for,
//   - it is a constant of an enumeration whose type, or one of whose constants, is used,
//   - it is a type in the signature, the fields or the value of something used,
//   - it is a field with a tag, because an encoder reads it,
//   - it is a field of a struct of which other packages read another field. If other packages construct values of the
//     struct, as with options, a field that none of them sets does not count as used.
//
// Uses through reflection or the linker are not found; the module has none.
func TestExportedNamesHaveUsers(t *testing.T) {
	m := checkModule(t)
	for _, p := range m.packages {
		if name := relative(p.types.Path()); p.types.Name() != "main" && !testSupport(name) {
			m.examine(t, p)
		}
	}
}

// testSupport reports whether a package exists for tests, which count as users of it.
func testSupport(name string) bool {
	return matches(name)("deploy/localpg/...") || name == "deploy/gatewaytest" || name == "deploy/examples"
}

// usedOtherwise lists, by package, names that are exported although no other package uses them by name.
var usedOtherwise = map[string][]string{
	// Plain data from which the tests of other packages build snapshots without a database.
	"cache": {"Catalog", "PrimaryKey", "ForeignKey", "ViewColumn", "ComputedRelationship", "Representation"},
	// An interface that gateway/socket's contexts implement. Its test checks that; neither package imports the other.
	"gateway/exec/session": {"Lifetime"},
}

// collectUses finds what other packages use, and what that implies.
func (m *checkedModule) collectUses() {
	for _, p := range m.packages {
		for _, object := range p.info.Uses {
			if object.Pkg() != nil && object.Pkg() != p.types && inside(object.Pkg().Path()) {
				m.use(origin(object))
			}
		}
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				m.noteMade(p, n)
				return true
			})
		}
		for _, selection := range p.info.Selections { // promoted fields use the embedded ones
			m.useEmbedded(p, selection)
		}
	}
}

// noteMade records a struct type of which another package constructs a value.
func (m *checkedModule) noteMade(p *checkedPackage, n ast.Node) {
	switch n := n.(type) {
	case *ast.CompositeLit:
		named, s := structOf(p.info.Types[n].Type)
		if s == nil || named.Obj().Pkg() == p.types {
			return
		}
		if len(n.Elts) > 0 {
			if _, keyed := n.Elts[0].(*ast.KeyValueExpr); !keyed {
				m.useFields(s)
				return
			}
		}
		m.made[named.Origin()] = true
	case *ast.CallExpr: // a conversion sets all fields
		if of := p.info.Types[n.Fun]; of.IsType() {
			if named, s := structOf(of.Type); s != nil && named.Obj().Pkg() != p.types {
				m.useFields(s)
			}
		}
	}
}

// structOf returns t as a named struct type, or nil.
func structOf(t types.Type) (*types.Named, *types.Struct) {
	if named, ok := types.Unalias(t).(*types.Named); ok {
		if s, ok := named.Underlying().(*types.Struct); ok && named.Obj().Pkg() != nil {
			return named, s
		}
	}
	return nil, nil
}

func (m *checkedModule) useFields(s *types.Struct) {
	for field := range s.Fields() {
		m.use(origin(field))
	}
}

// useEmbedded marks the embedded fields on the path of a selection as used.
func (m *checkedModule) useEmbedded(p *checkedPackage, selection *types.Selection) {
	t := selection.Recv()
	for _, index := range selection.Index()[:len(selection.Index())-1] {
		if pointer, ok := t.Underlying().(*types.Pointer); ok {
			t = pointer.Elem()
		}
		s, ok := t.Underlying().(*types.Struct)
		if !ok {
			return
		}
		if field := s.Field(index); field.Pkg() != p.types {
			m.use(origin(field))
		}
		t = s.Field(index).Type()
	}
}

// origin returns the generic declaration of an object of an instantiated type.
func origin(object types.Object) types.Object {
	switch o := object.(type) {
	case *types.Func:
		return o.Origin()
	case *types.Var:
		return o.Origin()
	}
	return object
}

func (m *checkedModule) use(object types.Object) {
	if m.used[object] {
		return
	}
	m.used[object] = true
	m.useTypes(object.Type())
	switch o := object.(type) {
	case *types.Func:
		if receiver := o.Signature().Recv(); receiver != nil {
			m.useTypes(receiver.Type())
		}
	case *types.TypeName: // whose exported fields can be read
		if s, ok := o.Type().Underlying().(*types.Struct); ok {
			for field := range s.Fields() {
				if field.Exported() {
					m.useTypes(field.Type())
				}
			}
		}
	}
}

// useTypes marks the named types that t consists of as used.
func (m *checkedModule) useTypes(t types.Type) {
	switch t := t.(type) {
	case *types.Named:
		if name := t.Obj(); name.Pkg() != nil && inside(name.Pkg().Path()) {
			m.use(name)
		}
		for argument := range t.TypeArgs().Types() {
			m.useTypes(argument)
		}
	case *types.Alias:
		m.useTypes(t.Rhs())
	case *types.Pointer:
		m.useTypes(t.Elem())
	case *types.Slice:
		m.useTypes(t.Elem())
	case *types.Array:
		m.useTypes(t.Elem())
	case *types.Chan:
		m.useTypes(t.Elem())
	case *types.Map:
		m.useTypes(t.Key())
		m.useTypes(t.Elem())
	case *types.Signature:
		for v := range t.Params().Variables() {
			m.useTypes(v.Type())
		}
		for v := range t.Results().Variables() {
			m.useTypes(v.Type())
		}
	}
}

// examine reports the unused exported names of a package.
func (m *checkedModule) examine(t *testing.T, p *checkedPackage) {
	scope := p.types.Scope()
	for _, name := range scope.Names() {
		object := scope.Lookup(name)
		if slices.Contains(usedOtherwise[relative(p.types.Path())], name) {
			continue
		}
		if object.Exported() && !m.used[object] && !m.enumerated(object) {
			m.complain(t, object, name)
		}
		if named, ok := object.Type().(*types.Named); ok && object.Exported() {
			if _, declared := object.(*types.TypeName); declared {
				m.examineType(t, named)
			}
		}
	}
}

func (m *checkedModule) examineType(t *testing.T, named *types.Named) {
	for method := range named.Methods() {
		if method.Exported() && !m.used[method] && !m.wanted(named, method) {
			m.complain(t, method, named.Obj().Name()+"."+method.Name())
		}
	}
	s, ok := named.Underlying().(*types.Struct)
	if !ok {
		return
	}
	record := false
	for field := range s.Fields() {
		record = record || m.used[field] && !m.made[named]
	}
	for i := range s.NumFields() {
		field := s.Field(i)
		if field.Exported() && !field.Embedded() && s.Tag(i) == "" && !m.used[field] && !record {
			m.complain(t, field, named.Obj().Name()+"."+field.Name())
		}
	}
}

func (m *checkedModule) complain(t *testing.T, object types.Object, name string) {
	t.Errorf("%s: %s is exported and has no user in another package", m.fset.Position(object.Pos()), name)
}

// enumerated reports whether an object is a constant of an enumeration that is used.
func (m *checkedModule) enumerated(object types.Object) bool {
	constant, ok := object.(*types.Const)
	if !ok {
		return false
	}
	named, ok := constant.Type().(*types.Named)
	return ok && named.Obj().Pkg() == object.Pkg() && m.used[named.Obj()]
}

// wanted reports whether a method implements an interface, or is one that package errors looks for.
func (m *checkedModule) wanted(named *types.Named, method *types.Func) bool {
	if slices.Contains([]string{"Is", "As", "Unwrap"}, method.Name()) {
		return true
	}
	for _, i := range m.interfaces {
		for wanted := range i.Methods() {
			if wanted.Name() == method.Name() &&
				(types.Implements(named, i) || types.Implements(types.NewPointer(named), i)) {
				return true
			}
		}
	}
	return false
}
