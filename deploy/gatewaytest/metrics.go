package gatewaytest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Series is a series of metrics: its name and labels.
type Series struct {
	Name   string
	Labels map[string]string
}

// Selector is a part of a PromQL expression that selects series.
type Selector struct {
	Name     string
	matchers []matcher
}

// matcher is a condition on a label.
type matcher struct{ label, operator, value string }

var (
	sample     = regexp.MustCompile(`^([a-z_]+)(?:\{(.*)\})? `)
	labelValue = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)
	// selector leaves out names with colons, which are those of recorded series.
	selector  = regexp.MustCompile(`(?:^|[^\w:"])((?:pgrst|trunkline|process|go)_\w+)(?:\{([^}]*)\}|[^\w:{]|$)`)
	condition = regexp.MustCompile(`(\w+)(=~|!~|!=|=)"([^"]*)"`)
)

// FirstSeries starts the gateway without a database and returns all series that its admin server shows before any
// request.
func FirstSeries(t *testing.T) []Series {
	t.Helper()
	var all []Series
	for line := range strings.Lines(firstMetrics(t)) {
		if m := sample.FindStringSubmatch(line); m != nil {
			s := Series{Name: m[1], Labels: map[string]string{}}
			for _, label := range labelValue.FindAllStringSubmatch(m[2], -1) {
				s.Labels[label[1]] = label[2]
			}
			all = append(all, s)
		}
	}
	return all
}

// firstMetrics returns the metrics as text.
func firstMetrics(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	binary, err := Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "admin")
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = []string{
		"PGRST_DB_URI=host=" + dir, "PGRST_SERVER_HOST=127.0.0.1", "PGRST_SERVER_PORT=0",
		"PGRST_ADMIN_SERVER_UNIX_SOCKET=" + socket, "PGRST_ADMIN_METRICS_RELATIONS=10",
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(log)
	defer func() {
		stop()
		_, _ = io.Copy(io.Discard, log)
		_ = cmd.Wait() // it was killed
	}()
	// The handler, whose histograms of stages are among the series, is made before the API is served.
	for seen := ""; !strings.Contains(seen, "API server listening"); {
		if !lines.Scan() {
			t.Fatalf("the gateway does not serve:\n%s", seen)
		}
		seen += lines.Text() + "\n"
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}, DisableKeepAlives: true}}
	text, err := get(ctx, client, "http://admin/metrics")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func get(ctx context.Context, client *http.Client, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: status %d", url, response.StatusCode)
	}
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// Selectors returns the selectors of the gateway's series in a PromQL expression.
func Selectors(expression string) []Selector {
	var all []Selector
	for _, m := range selector.FindAllStringSubmatch(expression, -1) {
		s := Selector{Name: m[1]}
		for _, c := range condition.FindAllStringSubmatch(m[2], -1) {
			s.matchers = append(s.matchers, matcher{c[1], c[2], c[3]})
		}
		all = append(all, s)
	}
	return all
}

// String returns the selector as it is written.
func (s *Selector) String() string {
	parts := make([]string, len(s.matchers))
	for i, m := range s.matchers {
		parts[i] = fmt.Sprintf("%s%s%q", m.label, m.operator, m.value)
	}
	return s.Name + "{" + strings.Join(parts, ", ") + "}"
}

// Selects reports whether the selector selects one of some series. Conditions on labels that Prometheus adds are left
// out.
func (s *Selector) Selects(all []Series) bool {
	for i := range all {
		if all[i].Name == s.Name && s.fits(all[i].Labels) {
			return true
		}
	}
	return false
}

func (s *Selector) fits(labels map[string]string) bool {
	for _, m := range s.matchers {
		if m.label == "job" || m.label == "instance" {
			continue
		}
		equal := labels[m.label] == m.value
		if strings.HasSuffix(m.operator, "~") {
			equal = regexp.MustCompile("^(?:" + m.value + ")$").MatchString(labels[m.label])
		}
		if equal == strings.HasPrefix(m.operator, "!") {
			return false
		}
	}
	return true
}
