package model

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// slots is the number of jobs that can run together, each with its own rows.
const slots = 16

// generator draws sequences.
type generator struct {
	*rand.Rand
	without map[string]bool
	drawn   []*template // each as often as it weighs
	// focus are the templates that a sequence uses more often than others; nil for none.
	focus []*template
	// calm has a sequence vary little, so that the same statements come again.
	calm bool
	// changing has it change the schema often.
	changing bool
	// changes are those of the schema that a sequence has, and turns how often each came.
	changes []change
	turns   [someChanges]int
	// due is the statement that sees what has just changed; "" if there is none.
	due string
}

// someChanges is the number of parts of the schema that change in a sequence: few, so that each changes repeatedly.
const someChanges = 3

// swarm are the dimensions. Each sequence leaves some of them out at random, so that the others are combined more
// often.
var swarm = []string{
	"isolation", "rollback", "check", "prerequest", "cancel", "concurrency", "gate", "impure", "bare", "timezone", "nobody",
	"once", "explain", "binary", "strange role", "chain", "login setting",
}

// newGenerator returns the generator of a sequence. Equal seeds and numbers make equal sequences.
func newGenerator(seed, number uint64, without map[string]bool) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, number)), without: maps.Clone(without)}
	for _, dimension := range swarm {
		g.without[dimension] = without[dimension] || g.one(3)
	}
	g.drawn = g.all(func(*template) bool { return true })
	g.drawChanges()
	g.calm = g.one(2)
	switch dimension := [...]string{secrets, shapes, dynamic, stream, ""}[number%5]; dimension {
	case "":
	case shapes:
		g.focus = g.all(func(t *template) bool {
			return slices.ContainsFunc(g.changes, func(c change) bool { return c.main == t.name })
		})
		g.changing = true
	default:
		few := g.Perm(len(mains))[:len(mains)/2]
		g.focus = g.all(func(t *template) bool {
			return t.dimension == dimension && slices.ContainsFunc(few, func(i int) bool { return mains[i].name == t.name })
		})
	}
	return g
}

// all returns the templates that satisfy a condition, each as often as its weight.
func (g *generator) all(holds func(*template) bool) (list []*template) {
	for i := range mains {
		for t, n := &mains[i], 0; n < t.weight && !g.without[t.dimension] && holds(t); n++ {
			list = append(list, t)
		}
	}
	return list
}

// template draws one.
func (g *generator) template() *template {
	if t := byName[g.due]; t != nil && !g.without[t.dimension] && g.one(2) {
		g.due = ""
		return t
	}
	if len(g.focus) > 0 && !g.one(3) {
		return g.focus[g.IntN(len(g.focus))]
	}
	return g.drawn[g.IntN(len(g.drawn))]
}

// one reports true once in n times.
func (g *generator) one(n int) bool { return g.IntN(n) == 0 }

// with reports true once in n times, never if the dimension is left out.
func (g *generator) with(dimension string, n int) bool { return g.one(n) && !g.without[dimension] }

// sequence draws a sequence of about n jobs.
func (g *generator) sequence(seed, number uint64, n int) sequence {
	q := sequence{Seed: seed, Number: number, Shape: g.shape()}
	for left := n; left > 0; {
		s := g.step(q.Shape)
		if left -= max(1, len(s.Jobs)); s.Chain != nil {
			left -= len(s.Chain.Jobs) - 1
		}
		q.Steps = append(q.Steps, s)
	}
	return q
}

// shape draws a pool.
func (g *generator) shape() shape {
	s := shape{
		Size:               1 + g.IntN(4),
		BatchDepth:         [...]int{1, 2, 4, 16}[g.IntN(4)],
		StatementCacheSize: [...]int{1, 2, 5, 100, 100}[g.IntN(5)],
		StreamThreshold:    [...]int{1, 64, 4096, 1 << 20}[g.IntN(4)],
		Prepared:           !g.with("unprepared", 6),
		Proxied:            g.with("faults", 3),
	}
	if g.without["batch"] {
		s.BatchDepth = 1
	}
	if g.one(2) {
		s.Size = 1
	}
	if s.Size > 1 && g.with("shares", 2) {
		s.MaxPerRole = 1 + g.IntN(s.Size-1)
	}
	return s
}

// step draws what happens next.
func (g *generator) step(p shape) step {
	rare := 10
	if g.changing {
		rare = 4
	}
	if g.with(shapes, rare) {
		return g.drawDDL()
	}
	if g.with("chain", 6) {
		return g.chainStep(p)
	}
	n := 1
	s := step{Gate: g.with("gate", 5), Severed: g.with("faults", 20)}
	switch {
	case s.Gate:
		n = 2 + g.IntN(slots-2)
	case g.one(3) && !g.without["concurrency"]:
		n = 2 + g.IntN(5)
	}
	if p.Proxied {
		g.fault(&s)
	}
	owners := g.Perm(slots)
	quick := g.one(2)
	kind, alike := spec{}, s.Gate && quick && !g.one(3) && !g.without["alike"]
	if alike {
		kind = g.sharing()
	}
	for _, slot := range owners[:n] {
		if alike && !g.one(6) {
			s.Jobs = append(s.Jobs, g.like(kind, slot))
			continue
		}
		s.Jobs = append(s.Jobs, g.job(slot, s.Gate && (quick || !g.one(4))))
	}
	if slices.ContainsFunc(s.Jobs, func(j spec) bool { return j.leaves() }) {
		g.due = "probe"
	}
	return s
}

// chainStep draws a chain and what breaks meanwhile.
func (g *generator) chainStep(p shape) step {
	s := step{Chain: g.chain(), Severed: g.with("faults", 20)}
	if p.Proxied {
		g.fault(&s)
	}
	if slices.ContainsFunc(s.Chain.Jobs, func(j spec) bool { return j.leaves() }) {
		g.due = "probe"
	}
	return s
}

// fault draws what breaks during a step.
func (g *generator) fault(s *step) {
	switch g.IntN(8) {
	case 0:
		s.Cut = &cut{Bytes: g.IntN(1 << (1 + g.IntN(12))), Reset: g.one(3)}
	case 1:
		s.Cut = &cut{Down: true, Bytes: g.IntN(1 << (1 + g.IntN(12))), Reset: g.one(3)}
	case 2:
		s.Terminate = time.Duration(1+g.IntN(2000)) * time.Microsecond
	}
}

// job draws a job. Light is one that may share a flush.
func (g *generator) job(slot int, light bool) spec {
	s := spec{Slot: slot, Key: 1 + g.IntN(6), N: g.IntN(1000)}
	t := g.template()
	for light && !t.reads {
		t = g.template()
	}
	s.Main = t.name
	s.Role = g.role()
	s.ReadOnly = g.readOnly(t, light)
	g.transaction(&s, light)
	g.session(&s, light)
	g.claims(&s, t, light)
	g.answer(&s)
	if s.acts() {
		s.Action = g.drawAction(&s)
		// A pre-request that replaces the main statement of its own job harms no other job.
		for s.Pre == "api.pre_acts" && s.forges() {
			s.Action = g.drawAction(&s)
		}
	}
	if s.Canceled = g.with("cancel", 16); s.Canceled && !g.one(4) {
		s.After = time.Duration(g.IntN(4000)) * time.Microsecond
	}
	return s
}

// role draws a role, now and then one that cannot be taken, or the login role.
func (g *generator) role() string {
	if g.with("strange role", 16) {
		return [...]string{"", "none", "model_absent"}[g.IntN(3)]
	}
	return [...]string{"model_anon", "model_editor"}[g.IntN(2)]
}

// sharing draws a job that may share its transaction with others of its kind.
func (g *generator) sharing() (s spec) {
	for !s.Pure || !s.Quick || s.Isolation != "" {
		s = g.job(0, true)
	}
	return s
}

// like draws a job of the same kind as another, for other rows.
func (g *generator) like(job spec, slot int) spec {
	job.Slot, job.Key, job.N = slot, 1+g.IntN(6), g.IntN(1000)
	if g.one(4) {
		job.Role = g.role()
	}
	if !job.RoleOnly && g.with("timezone", 3) {
		job.Timezone = [...]string{"", "Europe/Paris"}[g.IntN(2)]
	}
	job.Canceled = job.Canceled && g.one(2)
	return job
}

func (g *generator) readOnly(t *template, light bool) bool {
	switch {
	case !t.reads:
		return g.one(30) // which fails
	case light:
		return true
	case t.writes:
		return g.one(2)
	default:
		return !g.one(6)
	}
}

// transaction draws how the transaction goes.
func (g *generator) transaction(s *spec, light bool) {
	if g.with("isolation", 5) {
		s.Isolation = [...]string{"serializable", "repeatable read", "read committed"}[g.IntN(3)]
	}
	s.Rollback = g.with("rollback", 10)
	if g.with("check", 5) && !light {
		s.Check = [...]string{"passes", "fails", "counts"}[g.IntN(3)]
	}
}

// session draws the settings and the pre-request.
func (g *generator) session(s *spec, light bool) {
	if g.with("bare", 6) {
		s.Settings = "bare"
	}
	if g.with("nobody", 30) {
		s.Role = "model_nobody"
	}
	s.AsLogin = g.with("login setting", 6)
	if g.with("timezone", 12) {
		s.Timezone = [...]string{"Nowhere/Nothing", "Europe/Paris", "Europe/Paris"}[g.IntN(3)]
	}
	if g.with("prerequest", 8) && !light {
		kinds := []string{
			"api.pre_harmless", "api.pre_harmless", "api.pre_reads", "api.pre_reads", "api.pre_headers", "api.pre_fails",
		}
		if !g.without[secrets] {
			kinds = append(kinds, "api.pre_editors", "api.pre_editors")
		}
		if !g.without[leaving] {
			kinds = append(kinds, "api.pre_session")
		}
		if !g.without[dynamic] {
			kinds = append(kinds, "api.pre_acts")
		}
		s.Pre = kinds[g.IntN(len(kinds))]
	}
}

// claims draws the properties of the statement that are declared to the executor: the true ones, or fewer.
func (g *generator) claims(s *spec, t *template, light bool) {
	s.Pure = t.pure && !g.with("impure", 4)
	// A write that has to fail for being read-only does see that setting.
	s.RoleOnly = t.roleOnly && s.Timezone == "" && !s.AsLogin && (t.reads || !s.ReadOnly) && (g.calm || !g.one(3))
	s.Quick = t.reads && (light || g.one(4))
	s.Provable = t.pure && t.reads && g.one(2)
	s.Once = g.with("once", 12)
	if g.with("version", 6) {
		s.Version = 1 + g.Uint64N(2)
	}
}

// answer draws what is requested of the answer and how it is read.
func (g *generator) answer(s *spec) {
	s.Explain = g.with("explain", 10)
	s.Deep = s.Main == "probe" || !g.calm && g.one(3)
	s.Binary = g.with("binary", 10)
	if g.one(6) {
		s.Prefix = "before "
	}
	if s.ReadOnly && s.Check == "" && g.with(stream, 2) {
		s.Reader = [...]string{"all", "all", "slow", "leaves"}[g.IntN(4)]
	}
}
