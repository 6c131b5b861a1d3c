package config

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rate is how many requests may come in a time, and how many at once.
type Rate struct {
	Requests int
	Per      time.Duration
	Burst    int
}

// Rates are the rates of roles and of the values of claims.
type Rates struct {
	PerRole[Rate]
	Claims []ClaimRate
}

// ClaimRate is the rate of each value of a claim, which a JSON Path names.
type ClaimRate struct {
	Path string
	Rate Rate
}

// OfClaim returns the rate of each value of the claim with a path.
func (r *Rates) OfClaim(path string) Rate {
	for i := range r.Claims {
		if r.Claims[i].Path == path {
			return r.Claims[i].Rate
		}
	}
	return Rate{}
}

// Limited reports whether anything is limited.
func (r *Rates) Limited() bool { return r.Default != Rate{} || len(r.Roles) > 0 || len(r.Claims) > 0 }

// ratesField has rates for roles and claims.
func ratesField(at func(*Config) *Rates) typed[Rates] {
	return typed[Rates]{
		name: "rates", at: at, parse: asRates,
		format: func(r Rates) string {
			items := r.items(formatRate)
			for _, c := range r.Claims {
				items = append(items, c.Path+"="+formatRate(c.Rate))
			}
			return quote(strings.Join(items, ","))
		},
	}
}

func asRates(v any) (r Rates, err error) {
	text, err := asText(v)
	if err != nil {
		return r, err
	}
	for _, item := range splitNamed(text) {
		rate, err := parseRate(item.value)
		switch {
		case err != nil:
		case strings.HasPrefix(item.name, "$"):
			err = r.addClaim(item.name, rate)
		default:
			err = r.add(item.name, rate)
		}
		if err != nil {
			return Rates{}, err
		}
	}
	return r, nil
}

func (r *Rates) addClaim(path string, rate Rate) error {
	if !regexp.MustCompile(`^\$(\.[A-Za-z_][A-Za-z0-9_]*)+$`).MatchString(path) {
		return problem(path + " is not a claim: one is written like $.sub or $.a.b")
	}
	if slices.ContainsFunc(r.Claims, func(c ClaimRate) bool { return c.Path == path }) {
		return problem("names the claim " + path + " twice")
	}
	r.Claims = append(r.Claims, ClaimRate{path, rate})
	slices.SortFunc(r.Claims, func(a, b ClaimRate) int { return cmp.Compare(a.Path, b.Path) })
	return nil
}

// maxRequests bounds the numbers of a rate.
const maxRequests = 1_000_000_000

// units are what a rate may be counted by.
func units() map[string]time.Duration {
	return map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}
}

// parseRate reads requests/unit, or requests/unit:burst. Without a burst, as many may come at once as in a second, and
// at least one.
func parseRate(text string) (Rate, error) {
	bad := problem(text + " is not a rate: one is written like 100/s, 600/m or 1000/h:50")
	rate, burst, given := strings.Cut(text, ":")
	number, unit, ok := strings.Cut(rate, "/")
	per, known := units()[strings.TrimSpace(unit)]
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if !ok || !known || err != nil || n < 1 || n > maxRequests {
		return Rate{}, bad
	}
	r := Rate{Requests: n, Per: per, Burst: max(1, int(int64(n)*int64(time.Second)/int64(per)))}
	if given {
		r.Burst, err = strconv.Atoi(strings.TrimSpace(burst))
		if err != nil || r.Burst < 1 || r.Burst > maxRequests {
			return Rate{}, bad
		}
	}
	return r, nil
}

func formatRate(r Rate) string {
	text := strconv.Itoa(r.Requests)
	for unit, per := range units() {
		if per == r.Per {
			text += "/" + unit
		}
	}
	return text + ":" + strconv.Itoa(r.Burst)
}
