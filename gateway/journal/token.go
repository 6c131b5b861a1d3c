package journal

import (
	"context"
	"fmt"
	"math"
	"time"
)

// skewInterval is the interval at which the skew of tokens is logged.
const skewInterval = 5 * time.Second

// JWTSkewed logs that a token is used outside of its period of validity by the gateway's clock.
func (j *Journal) JWTSkewed(claim string, seconds float64, refused bool) {
	j.metrics.JWTSkewed(claim, seconds, refused)
	if !refused {
		return
	}
	what := "too early"
	if claim == "exp" {
		what = "too late"
	}
	j.skewed.Do(func() {
		j.log.Log(context.Background(), levelRefusal, fmt.Sprintf("A JWT was rejected because it came %.10g seconds %s (%s).",
			math.Round(seconds*1000)/1000, what, claim))
	})
}

// JWTRoleMissing logs that a token has no role at the configured path, but something like a role elsewhere.
func (j *Journal) JWTRoleMissing(path, place string) {
	j.Info("WARNING: jwt-role-claim-key=" + path + " finds no text in a JWT that has a role at " + place + ".")
}

// KeyUnusable logs a signing key that is skipped. source is where the key comes from.
func (j *Journal) KeyUnusable(source, which string, why error) {
	j.log.Warn("WARNING: "+which+" of "+source+" is skipped.", errorKey, why)
}
