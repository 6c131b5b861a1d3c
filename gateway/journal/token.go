package journal

import (
	"context"
	"fmt"
	"math"
	"time"
)

// skewInterval is how often it is logged how far a token is beyond its time.
const skewInterval = 5 * time.Second

// JWTSkewed logs that the time of a token has passed, or has not come yet, by the gateway's clock.
func (j *Journal) JWTSkewed(claim string, seconds float64, refused bool) {
	j.metrics.JWTSkewed(claim, seconds, refused)
	if !refused {
		return
	}
	what := "before its time"
	if claim == "exp" {
		what = "behind its time"
	}
	j.skewed.Do(func() {
		j.log.Log(context.Background(), levelRefusal, fmt.Sprintf("A JWT was refused because it came %.10g seconds %s (%s).",
			math.Round(seconds*1000)/1000, what, claim))
	})
}

// JWTRoleMissing logs that a token has no role at the configured path, but what looks like one elsewhere.
func (j *Journal) JWTRoleMissing(path, place string) {
	j.Say("WARNING: jwt-role-claim-key=" + path + " finds no text in a JWT that has a role at " + place + ".")
}

// KeyUnusable tells of a signing key that is passed over. Source is where it is from.
func (j *Journal) KeyUnusable(source, which string, why error) {
	j.log.Warn("WARNING: "+which+" of "+source+" is passed over.", errorKey, why)
}
