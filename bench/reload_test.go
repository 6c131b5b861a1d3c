package main

import (
	"bytes"
	"regexp"
	"testing"
)

// TestReload measures a small schema for a moment. Whatever the machine does, no answer may be wrong, and nobody may be
// told that what was created is not there.
func TestReload(t *testing.T) {
	var progress bytes.Buffer
	s := &suite{progress: newProgress(&progress)}
	r := &reloadRun{suite: s}
	err := r.parse([]string{
		"--target", "t=" + built(t), "--sizes", "20,40", "--serving", "40", "--changes", "2", "--clients", "2",
		"--rounds", "1", "--duration", "400ms", "--calm", "300ms",
	}, &progress)
	if err != nil {
		t.Fatal(err)
	}
	stop, err := s.startDatabase(t.Context())
	defer stop()
	if err != nil {
		t.Fatal(err)
	}
	result, err := r.run(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	var out bytes.Buffer
	if err := r.publish(result, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`(?m)^## Reloads$`, `(?m)^\| 20 \|.* 0 \|$`, `(?m)^\| 40 \|.* 0 \|$`, // no other answer before what was changed was served
		`(?m)^\| 1 \| none \| \d+ \| \d+ \| 0 \|`, `(?m)^\| 1 \| of another database \| \d+ \| \d+ \| 0 \|`, // none failed
		`(?m)^\| 1 \| of this database \| \d+ \| \d+ \| 0 \|`,
		`after 0 other answers`, `10000 notifications: [1-9]`, `\| goal \|`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("the report does not match %s:\n%s", want, out.String())
		}
	}
}

func TestReloadFlags(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"--target", "a=http://127.0.0.1:1"},
		{"--target", "a=b", "--target", "c=d"},
		{"--target", "a=b", "--sizes", "x"},
		{"--target", "a=b", "--sizes", "0"},
		{"--target", "a=b", "--changes", "0"},
		{"--target", "a=b", "--rate", "0"},
	} {
		if err := command(t.Context(), append([]string{"reload"}, args...), &bytes.Buffer{}, &bytes.Buffer{}); err == nil {
			t.Errorf("%q are accepted", args)
		}
	}
}

func TestSectionIsReplaced(t *testing.T) {
	const section = "## Reloads\n\nnew\n"
	for before, want := range map[string]string{
		"# All\n":                      "# All\n\n## Reloads\n\nnew\n",
		"# All\n\n## Reloads\n\nold\n": "# All\n\n## Reloads\n\nnew\n",
		"# All\n\n## Reloads\n\nold\n\n## More\n\nx\n": "# All\n\n## Reloads\n\nnew\n\n## More\n\nx\n",
		"## A\n\nx\n\n## Reloads of B\n\nx\n":          "## A\n\nx\n\n## Reloads of B\n\nx\n\n## Reloads\n\nnew\n",
	} {
		if got := string(withSection([]byte(before), []byte(section))); got != want {
			t.Errorf("%q becomes %q, want %q", before, got, want)
		}
	}
}
