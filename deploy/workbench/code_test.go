//go:build browser

package workbench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runCode has a program run the code that the page shows for each example of a schema with quotes in its names: each in
// a file of a folder, whose names the program gets as its arguments. The program writes a line for each that fails.
func runCode(t *testing.T, language, extension string, adapt func(code string) string, dir, program string, args ...string) {
	t.Helper()
	g := odd(t)
	user := token(t, "odd_all")
	count := 0
	for i, s := range examplesAs(t, language, g.admin, user) {
		if s.Code == "" {
			continue
		}
		name := filepath.Join(dir, fmt.Sprintf("%03d%s", i, extension))
		if err := os.WriteFile(name, []byte(adapt(s.Code)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		args, count = append(args, name), count+1
	}
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir, command.Env = dir, append(os.Environ(), "TOKEN="+user, "PYTHONDONTWRITEBYTECODE=1")
	out, err := command.CombinedOutput()
	t.Logf("%d programs ran", count)
	if err != nil || count < 10 {
		t.Errorf("%v\n%s", err, out)
	}
}

func unchanged(code string) string { return code }

func TestBrowserShowsLinesForTheShell(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl: the lines were not run. Install it by: apt-get install curl")
	}
	const all = `failed=0
for file in "$@"; do
	sh "$file" > answer 2>&1 || { failed=1; cat "$file" answer; }
done
exit $failed`
	strict := func(code string) string {
		return strings.Replace(code, "curl ", "curl --silent --show-error --fail ", 1)
	}
	runCode(t, "curl", ".sh", strict, t.TempDir(), "sh", "-c", all, "sh")
}

func TestBrowserShowsProgramsInJavaScript(t *testing.T) {
	modules, err := filepath.Abs("../../.cache/npm/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, "@supabase/postgrest-js")); err != nil {
		t.Skipf("postgrest-js is not installed: %v", err)
	}
	if err := exec.CommandContext(t.Context(), "node", "--version").Run(); err != nil {
		t.Skipf("node does not run: %v", err)
	}
	dir := t.TempDir()
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	const all = `import { readFileSync } from "node:fs";
console.log = () => {};
for (const file of process.argv.slice(1)) {
	try { await import(file); } catch (e) {
		process.exitCode = 1;
		console.error(readFileSync(file, "utf8"), e);
	}
}`
	runCode(t, "javascript", ".mjs", unchanged, dir, "node", "--input-type=module", "-e", all, "--")
}

func TestBrowserShowsProgramsInPython(t *testing.T) {
	const all = `import builtins, sys, traceback
show, builtins.print = print, lambda *words: None
failed = False
for file in sys.argv[1:]:
    code = open(file).read()
    try:
        exec(compile(code, file, "exec"), {})
    except Exception as e:
        failed = True
        show(code, traceback.format_exc(), getattr(getattr(e, "response", None), "text", ""))
sys.exit(failed)`
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import requests").CombinedOutput(); err != nil {
		t.Skipf("Python or its library requests is missing: %v %s", err, out)
	}
	runCode(t, "python", ".py", unchanged, t.TempDir(), "python3", "-c", all)
}
