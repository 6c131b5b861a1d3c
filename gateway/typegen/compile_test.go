package typegen

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// modules returns the folder of npm's packages, or skips the test if they are not installed. Continuous integration
// installs them in .cache.
func modules(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("compilers take seconds")
	}
	folder, err := filepath.Abs("../../.cache/npm/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"typescript", "@supabase/postgrest-js", "@types/node"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Skipf("%s is not installed: %v", name, err)
		}
	}
	if err := exec.CommandContext(t.Context(), "node", "--version").Run(); err != nil {
		t.Skipf("node does not run: %v", err)
	}
	return folder
}

// folder returns a new folder with files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a program in a folder and returns what it writes.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, output)
	}
	return string(output)
}

const tsConfig = `{"compilerOptions": {
	"strict": true, "noUncheckedIndexedAccess": true, "noUnusedLocals": true, "exactOptionalPropertyTypes": false,
	"module": "nodenext", "target": "es2022", "types": ["node"], "outDir": "out", "skipLibCheck": false
}, "files": ["program.ts"]}`

// compileTypeScript compiles a program and returns the folder that it is in.
func compileTypeScript(t *testing.T, modules string, files map[string]string) string {
	t.Helper()
	files["tsconfig.json"], files["package.json"] = tsConfig, `{"type": "module"}`
	dir := folder(t, files)
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "node", filepath.Join(modules, "typescript/bin/tsc"), "--project", ".")
	return dir
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestTypeScript has a program compiled, which asserts types, and run with postgrest-js against the sample database.
func TestTypeScript(t *testing.T) {
	modules := modules(t)
	g := serve(t)
	dir := compileTypeScript(t, modules, map[string]string{
		"films.ts": written(t, "ts", load(t, g.dsn, "", "api")), "program.ts": read(t, "testdata/program.ts"),
	})
	if got := run(t, dir, "node", "out/program.js", g.url, g.token); got != "done\n" {
		t.Errorf("the program writes %q", got)
	}
}

// TestTypeScriptOfOddNames has types compiled whose names no language takes as they are.
func TestTypeScriptOfOddNames(t *testing.T) {
	modules := modules(t)
	compileTypeScript(t, modules, map[string]string{
		"odd.ts": read(t, "testdata/odd.golden.ts"), "role.ts": read(t, "testdata/odd_role.golden.ts"),
		"program.ts": read(t, "testdata/odd_program.ts"),
	})
}

// TestGo has a program compiled and run against the sample database, with packages of odd names beside it.
func TestGo(t *testing.T) {
	if testing.Short() {
		t.Skip("compilers take seconds")
	}
	g, odd := serve(t), pgtest.Database(t, "testdata/odd.sql")
	dir := folder(t, map[string]string{
		"go.mod": "module program\n\ngo 1.24\n", "main.go": read(t, "testdata/program.go.txt"),
		"api/api.go":           written(t, "go", load(t, g.dsn, "", "api")),
		"both/both.go":         written(t, "go", load(t, odd, "", oddNames, "hidden")),
		"oddnames/oddnames.go": read(t, "testdata/odd.golden.go"), "oddrole/oddrole.go": read(t, "testdata/odd_role.golden.go"),
	})
	if unformatted := run(t, dir, "gofmt", "-l", "api", "both", "oddnames", "oddrole"); unformatted != "" {
		t.Errorf("gofmt would change %s", unformatted)
	}
	run(t, dir, "go", "vet", "./...")
	run(t, dir, "go", "build", "-o", "program", ".")
	if got := run(t, dir, "./program", g.url, g.token); got != "done 12\n" {
		t.Errorf("the program writes %q", got)
	}
}

// TestPython holds real answers against the types, and has all modules compiled.
func TestPython(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import typing; typing.NotRequired, typing.Never").Run(); err != nil {
		t.Skipf("Python 3.11 or later does not run: %v", err)
	}
	if testing.Short() {
		t.Skip("serving takes seconds")
	}
	g := serve(t)
	dir := folder(t, map[string]string{
		"films.py": written(t, "python", load(t, g.dsn, "", "api")), "odd.py": read(t, "testdata/odd.golden.py"),
		"odd_role.py": read(t, "testdata/odd_role.golden.py"), "program.py": read(t, "testdata/program.py"),
		"both.py": written(t, "python", load(t, pgtest.Database(t, "testdata/odd.sql"), "", oddNames, "hidden")),
	})
	run(t, dir, "python3", "-m", "py_compile", "both.py", "films.py", "odd.py", "odd_role.py")
	run(t, dir, "python3", "both.py")
	if got := run(t, dir, "python3", "program.py", g.url); got != "done\n" {
		t.Errorf("the program writes %q", got)
	}
}
