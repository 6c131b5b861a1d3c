package auth

import (
	"encoding/json"
	"math/big"
	"strings"

	"trunkline/planner/apierr"
)

// skew is the difference between clocks that is forgiven, in seconds.
const skew = 30

// timeClaim is a claim that holds a time in seconds since the epoch.
type timeClaim struct {
	present, invalid bool
	seconds          int64
}

// claimTimes are the claims that must be compared with the clock at each use of a token.
type claimTimes struct {
	exp, nbf, iat timeClaim
	// audience is the problem with aud, nil if there is none. It does not change with time.
	audience *apierr.Error
}

// readTimes takes the claims of RFC 7519, section 4.1, that decide whether the token may be used.
func readTimes(claims map[string]json.RawMessage, audience string) claimTimes {
	return claimTimes{
		exp:      readTime(claims["exp"]),
		nbf:      readTime(claims["nbf"]),
		iat:      readTime(claims["iat"]),
		audience: checkAudience(claims["aud"], audience),
	}
}

// readTime reads a number of seconds. As in the reference, one that is no integer of 64 bits counts as 0.
func readTime(raw json.RawMessage) timeClaim {
	if len(raw) == 0 || string(raw) == "null" {
		return timeClaim{}
	}
	var n json.Number
	if raw[0] == '"' || json.Unmarshal(raw, &n) != nil {
		return timeClaim{present: true, invalid: true}
	}
	t := timeClaim{present: true}
	if i, err := n.Int64(); err == nil {
		t.seconds = i
	} else if len(n) <= maxNumberLength {
		t.seconds = wholeSeconds(n)
	}
	return t
}

// maxNumberLength bounds the digits that are looked at, so that 1e999999999 costs nothing.
const maxNumberLength = 24

// wholeSeconds reads numbers such as 1.7e9; others are 0.
func wholeSeconds(n json.Number) int64 {
	if i := strings.IndexAny(string(n), "eE"); i >= 0 && len(n)-i > len("e+18") {
		return 0
	}
	r, ok := new(big.Rat).SetString(string(n))
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return 0
	}
	return r.Num().Int64()
}

// checkAudience compares aud, a string or an array of strings, with jwt-aud. No audience at all suits everybody.
func checkAudience(raw json.RawMessage, want string) *apierr.Error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		if want == "" || one == want {
			return nil
		}
		return apierr.JWTClaims("JWT not in audience")
	}
	var many []*string
	if json.Unmarshal(raw, &many) != nil {
		return badAudience()
	}
	found := len(many) == 0 || want == ""
	for _, aud := range many {
		if aud == nil {
			return badAudience()
		}
		found = found || *aud == want
	}
	if !found {
		return apierr.JWTClaims("JWT not in audience")
	}
	return nil
}

func badAudience() *apierr.Error {
	return apierr.JWTClaims("The JWT 'aud' claim must be a string or an array of strings")
}

// check compares the claims with the clock, now being in seconds since the epoch.
func (c *claimTimes) check(now int64) *apierr.Error {
	switch {
	case c.exp.invalid:
		return notANumber("exp")
	case c.exp.present && now-skew > c.exp.seconds:
		return apierr.JWTClaims("JWT expired")
	case c.nbf.invalid:
		return notANumber("nbf")
	case c.nbf.present && now+skew < c.nbf.seconds:
		return apierr.JWTClaims("JWT not yet valid")
	case c.iat.invalid:
		return notANumber("iat")
	case c.iat.present && now+skew < c.iat.seconds:
		return apierr.JWTClaims("JWT issued at future")
	}
	return c.audience
}

func notANumber(claim string) *apierr.Error {
	return apierr.JWTClaims("The JWT '" + claim + "' claim must be a number")
}
