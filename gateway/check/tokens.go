package check

import (
	"context"
	"fmt"
	"sync"

	"trunkline/gateway/auth"
)

// checkSecret looks at the keys of jwt-secret.
func (x *examination) checkSecret(g *group) {
	secret := x.config.KeyMaterial()
	if len(secret) == 0 {
		return
	}
	unusable := 0
	role, err := auth.ParseRolePath(x.config.JWTRoleClaimKey)
	if err != nil {
		return // a mistake of jwt-role-claim-key, which is reported as such
	}
	_, err = auth.New(&auth.Options{Secret: secret, Role: role, OnUnusableKey: func(which string, why error) {
		unusable++
		g.add(Warning, fmt.Sprintf("jwt-secret: %s cannot be used: %v", which, why), "Tokens signed with it are rejected.")
	}})
	if err != nil {
		g.add(Error, "jwt-secret: "+err.Error(), "")
		return
	}
	if unusable == 0 {
		g.ok("jwt-secret can be used")
	}
}

// checkKeyURLs fetches the documents with keys.
func (x *examination) checkKeyURLs(ctx context.Context, g *group) {
	remote := auth.Remote{URLs: x.config.KeyURLs(), Issuers: x.config.JWTIssuer}
	n := len(remote.URLs) + len(remote.Issuers)
	if n == 0 {
		return
	}
	var mu sync.Mutex
	report := func(text, todo string) {
		mu.Lock()
		defer mu.Unlock()
		g.add(Warning, text, todo)
	}
	remote.OnError = func(url string, err error) {
		report(fmt.Sprintf("%s: %v", url, err), "Make it reachable from this machine, or correct the URL. A running gateway keeps trying.")
	}
	remote.OnUnusableKey = func(url, which string, why error) {
		report(fmt.Sprintf("%s: %s cannot be used: %v", url, which, why), "Tokens signed with it are rejected.")
	}
	ctx, cancel := context.WithCancel(ctx)
	_, err := auth.FetchKeys(ctx, remote)
	cancel()
	mu.Lock()
	defer mu.Unlock()
	switch {
	case err != nil:
		g.add(Error, err.Error(), "")
	case len(g.findings) == 0 || g.findings[len(g.findings)-1].grade == OK:
		g.ok("%s fetched", counted(n, "document with keys"))
	}
}
