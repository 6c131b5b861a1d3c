package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// discoveryPath is the path of an OpenID provider's metadata (OpenID Connect Discovery 1.0, section 4).
const discoveryPath = "/.well-known/openid-configuration"

// maxDocument is the maximum size of a provider's response, in bytes.
const maxDocument = 1 << 20

// transport fetches JWKS documents. A request for an issuer's metadata is answered with the keys that the metadata
// refers to, so that a provider can move them. The size of responses is limited, and unusable keys are removed, because
// the library would reject the whole document.
type transport struct {
	next    http.RoundTripper
	issuers []string

	onUnusable func(url, which string, why error)
	mu         sync.Mutex
	told       map[string]string // by URL: the unusable keys that were last reported
}

func newTransport(o *Remote) *transport {
	return &transport{next: o.transport, issuers: o.Issuers, onUnusable: o.OnUnusableKey, told: make(map[string]string)}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	issuer, ok := strings.CutSuffix(r.URL.String(), discoveryPath)
	if !ok || !slices.ContainsFunc(t.issuers, func(s string) bool { return strings.TrimSuffix(s, "/") == issuer }) {
		return t.fetchKeys(r)
	}
	keys, err := t.discover(r, issuer)
	if err != nil {
		return nil, fmt.Errorf("discovering the keys of %s: %w", redacted(issuer), err)
	}
	request := r.Clone(r.Context())
	request.URL, request.Host = keys, keys.Host
	return t.fetchKeys(request)
}

// fetchKeys fetches a document and returns its usable keys.
func (t *transport) fetchKeys(r *http.Request) (*http.Response, error) {
	response, err := t.fetch(r)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	defer func() { _ = response.Body.Close() }()
	document, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	set, err := parseSet(document)
	if err != nil {
		return nil, fmt.Errorf("decoding the keys: %w", err)
	}
	unusable := t.collect(r.URL.Redacted())
	_, jwks, err := usableKeys(set, unusable.add)
	unusable.report()
	if err != nil {
		return nil, err
	}
	document, err = json.Marshal(map[string][]json.RawMessage{"keys": jwks})
	if err != nil {
		return nil, fmt.Errorf("encoding the keys: %w", err)
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(document)), int64(len(document))
	return response, nil
}

// collected holds the unusable keys of one document.
type collected struct {
	transport *transport
	url       string
	which     []string
	why       []error
}

func (t *transport) collect(url string) *collected { return &collected{transport: t, url: url} }

func (c *collected) add(which string, why error) {
	c.which, c.why = append(c.which, which), append(c.why, why)
}

// report reports the keys unless they are the same as the last time.
func (c *collected) report() {
	all := strings.Join(c.which, ", ")
	c.transport.mu.Lock()
	known := c.transport.told[c.url] == all
	c.transport.told[c.url] = all
	c.transport.mu.Unlock()
	if known {
		return
	}
	for i, which := range c.which {
		c.transport.onUnusable(c.url, which, c.why[i])
	}
}

func (t *transport) fetch(r *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: maxDocument}
	return response, nil
}

// discover reads the provider's metadata and returns the URL of its keys.
func (t *transport) discover(r *http.Request, issuer string) (*url.URL, error) {
	response, err := t.fetch(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("unexpected status %d", response.StatusCode)
	}
	var description struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := json.NewDecoder(response.Body).Decode(&description); err != nil {
		return nil, fmt.Errorf("decoding the metadata: %w", err)
	}
	if strings.TrimSuffix(description.Issuer, "/") != issuer {
		return nil, fmt.Errorf("the metadata is of another issuer, %q", description.Issuer)
	}
	keys, err := url.Parse(description.Keys)
	if err != nil || keys.Host == "" || keys.Scheme != r.URL.Scheme {
		return nil, fmt.Errorf("jwks_uri %q is not a %s URL", description.Keys, r.URL.Scheme)
	}
	return keys, nil
}

// maxRedirects is the number of redirects that are followed.
const maxRedirects = 5

// sameScheme allows redirects within a scheme, but not from https to http, where an attacker could replace the keys.
func sameScheme(r *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	case r.URL.Scheme != via[0].URL.Scheme:
		return fmt.Errorf("refusing to follow a redirect to %s", r.URL.Redacted())
	}
	return nil
}

var errTooLarge = errors.New("the document is larger than 1 MiB")

// boundedBody returns an error after more than left bytes.
type boundedBody struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
