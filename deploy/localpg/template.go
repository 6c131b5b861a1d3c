package localpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// superuser is the name of every cluster's superuser.
const superuser = "postgres"

// initdbArgs returns initdb's arguments. Text is sorted by code point on every system; case conversion and full-text
// search support all scripts.
func initdbArgs() []string {
	ctype := "C.UTF-8"
	if runtime.GOOS == "darwin" {
		ctype = "en_US.UTF-8"
	}
	return []string{
		"--username=" + superuser, "--encoding=UTF8", "--locale=C", "--lc-ctype=" + ctype,
		"--auth-local=trust", "--auth-host=scram-sha-256", "--wal-segsize=1", "--no-sync",
	}
}

// initData creates the directory data from the cached template. Without one it runs initdb and saves the template.
func initData(ctx context.Context, b binaries, a account, data string, log logger) error {
	cache, err := cacheDir(a)
	if err != nil {
		return initdb(ctx, b, a, data)
	}
	template := filepath.Join(cache, "template-"+templateKey(b))
	if _, err := os.Stat(template); err == nil {
		return copyTree(template, data, a.own)
	}
	if err := initdb(ctx, b, a, data); err != nil {
		return err
	}
	if err := saveTemplate(data, template); err != nil {
		log.printf("cannot save the template: %v", err)
	}
	return nil
}

// templateKey identifies what the content of a template depends on.
func templateKey(b binaries) string {
	sum := sha256.Sum256([]byte(b.dir + "\n" + b.version + "\n" + strings.Join(initdbArgs(), " ")))
	return hex.EncodeToString(sum[:8])
}

func initdb(ctx context.Context, b binaries, a account, data string) error {
	args := append(initdbArgs(), "--pgdata="+data)
	return run(ctx, a.command(filepath.Dir(data), b.program("initdb"), args...))
}

// syncData writes a durable cluster's new data to disk, which copying the template does not.
func syncData(ctx context.Context, b binaries, a account, data string) error {
	return run(ctx, a.command(filepath.Dir(data), b.program("initdb"), "--sync-only", "--pgdata="+data))
}

// run runs a command until it ends. The error includes its output.
func run(ctx context.Context, cmd *exec.Cmd) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("localpg: %s: %w\n%s", filepath.Base(cmd.Path), err, out)
	}
	return nil
}

// saveTemplate saves a copy of a new data directory whose server has never run.
func saveTemplate(data, template string) error {
	tmp, err := scratch(filepath.Dir(template))
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := copyTree(data, filepath.Join(tmp, "data"), nil); err != nil {
		return err
	}
	return publish(filepath.Join(tmp, "data"), template)
}

// copyTree copies a tree of directories and regular files, readable only by their owner. own, if not nil, is called
// with each new path.
func copyTree(from, to string, own func(path string) error) error {
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		if entry.IsDir() {
			err = os.Mkdir(target, 0o700)
		} else {
			err = copyFile(path, target)
		}
		if err != nil || own == nil {
			return err
		}
		return own(target)
	})
	if err != nil {
		return fmt.Errorf("localpg: copy: %w", err)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := out.ReadFrom(in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
