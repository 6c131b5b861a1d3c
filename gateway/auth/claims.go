package auth

import (
	"encoding/json"
	"strconv"

	"trunkline/planner/apierr"
)

// minAllowedSkew is the least allowed clock skew in seconds, as in PostgREST.
const minAllowedSkew = 30

// Skew describes a token that has expired or is not yet valid.
type Skew struct {
	// Claim is exp, nbf or iat.
	Claim string
	// Seconds is the difference between the claim and the gateway's clock. It is positive.
	Seconds float64
	// Refused is set if the difference exceeds what is allowed.
	Refused bool
}

// timeClaim is a claim that holds a time in seconds since the epoch (RFC 7519, section 2, NumericDate).
type timeClaim struct {
	present, invalid bool
	seconds          float64
}

// claimTimes are the claims that must be checked at each use of a token.
type claimTimes struct {
	exp, nbf, iat timeClaim
	// audience is the problem with aud, or nil. It does not depend on the time.
	audience *apierr.Error
}

// readTimes reads the claims of RFC 7519, section 4.1, that decide whether the token may be used.
func readTimes(claims map[string]json.RawMessage, audience string) claimTimes {
	return claimTimes{
		exp:      readTime(claims["exp"]),
		nbf:      readTime(claims["nbf"]),
		iat:      readTime(claims["iat"]),
		audience: checkAudience(claims["aud"], audience),
	}
}

// readTime reads a valid JSON value as a number of seconds, which may have a fraction. A number beyond the range of a
// float64 becomes infinite.
func readTime(raw json.RawMessage) timeClaim {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return timeClaim{}
	case raw[0] != '-' && (raw[0] < '0' || raw[0] > '9'):
		return timeClaim{present: true, invalid: true}
	}
	seconds, _ := strconv.ParseFloat(string(raw), 64) // the only possible error is that it is out of range
	return timeClaim{present: true, seconds: seconds}
}

// checkAudience checks aud, a string or an array of strings, against jwt-aud. A missing or empty aud is accepted.
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

// clock is the time that claims are checked against, in whole seconds since the epoch as in PostgREST, and the allowed
// skew. onSkew is called for claims that differ from it.
type clock struct {
	now, allowed int64
	onSkew       func(Skew)
}

// check checks the claims against the clock and returns the first problem.
func (c *claimTimes) check(clock *clock) *apierr.Error {
	now := float64(clock.now)
	switch {
	case c.exp.invalid:
		return notANumber("exp")
	case c.exp.present && clock.refuses("exp", now-c.exp.seconds):
		return apierr.JWTClaims("JWT expired")
	case c.nbf.invalid:
		return notANumber("nbf")
	case c.nbf.present && clock.refuses("nbf", c.nbf.seconds-now):
		return apierr.JWTClaims("JWT not yet valid")
	case c.iat.invalid:
		return notANumber("iat")
	case c.iat.present && clock.refuses("iat", c.iat.seconds-now):
		return apierr.JWTClaims("JWT issued at future")
	}
	return c.audience
}

// refuses reports whether a token that is the given number of seconds outside of the bound of a claim is refused.
func (c *clock) refuses(claim string, seconds float64) bool {
	if seconds <= 0 {
		return false
	}
	skew := Skew{Claim: claim, Seconds: seconds, Refused: seconds > float64(c.allowed)}
	c.onSkew(skew)
	return skew.Refused
}

func notANumber(claim string) *apierr.Error {
	return apierr.JWTClaims("The JWT '" + claim + "' claim must be a number")
}
