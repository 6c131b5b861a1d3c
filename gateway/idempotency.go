package gateway

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"

	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/gateway/idempotency"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

// A request with an Idempotency-Key is executed between two further jobs, in its transaction:
//
//	claim the key ──▶ the request's jobs ──▶ respond, keep the answer [· settle] ──▶ commit
//	      └─ kept ──▶ [pre-request] ──▶ the answer that is kept
//
// The claim and the keeping run under the role of the token, without the pre-request function, which may change it: both
// must concern the same keys. The functions that they call are code of the database for the executor, so that the
// request's own jobs begin anew, with their pre-request. What is deferred to the commit sees the settings of the
// request, which the job settle makes again.

// keyOf returns the key of a request that is not to be executed twice, "" if there is none. The request must have been
// parsed.
func (x *exchange) keyOf() (string, *apierr.Error) {
	c := x.settings.config
	if !c.DBIdempotency {
		return "", nil
	}
	values := x.head.values("idempotency-key")
	if len(values) == 0 {
		return "", nil
	}
	key, err := idempotency.ParseKey(values, c.DBIdempotencyMaxKey)
	if err != nil {
		return "", apierr.InvalidIdempotencyKey(err.Error())
	}
	return key, nil
}

// takeKey sets the key of a request other than a batch, if it counts: POST and PATCH may have one.
func (x *exchange) takeKey() (err *apierr.Error) {
	switch x.request.Action {
	case request.ActionInsert, request.ActionUpdate, request.ActionCall:
		if !x.inBatch {
			x.key, err = x.keyOf()
		}
	}
	return err
}

// isKept reports whether the answer of the planned request is kept: reads, and what is undone anyway, can be repeated.
func (x *exchange) isKept() bool { return x.key != "" && !x.plan.ReadOnly && !x.rollsBack() }

// takeKey sets the key of a batch.
func (b *batchRun) takeKey() (err *apierr.Error) {
	b.exchange.key, err = b.exchange.keyOf()
	return err
}

// kept describes how the batch is executed once.
func (b *batchRun) kept() kept {
	return kept{first: func() *session.Job { return b.link(&b.operations[0]).Job }, respond: b.respond}
}

// kept describes how the nested write is executed once.
func (n *nestedRun) kept() kept {
	return kept{first: func() *session.Job { return n.link(&n.steps[0]).Job }, respond: n.respond}
}

// kept describes how a chain is executed once.
type kept struct {
	// first returns the first job of the chain, with the settings and the pre-request of the request.
	first func() *session.Job
	// respond writes the answer when the jobs have run.
	respond func() *apierr.Error
}

// keeper executes a chain once.
type keeper struct {
	kept
	exchange  *exchange
	inner     *exec.Chain
	chain     exec.Chain
	id, print []byte

	claim, keep, settle      session.Job
	claimed, stored, settled session.Answer
	stage                    keeperStage
	sent                     int // links of the inner chain
	last                     *session.Job
	// settles is set if code of the database may have deferred something to the commit.
	settles, responded bool
	// doubted is the error of the jobs while the key is looked at again; confirmed is set if it has not been used.
	doubted   *apierr.Error
	confirmed bool
}

// keeperStage is what a keeper has sent.
type keeperStage uint8

const (
	keyClaimed keeperStage = iota
	jobsSent
	answerKept
	answerRepeated
)

// runChain runs a chain of jobs. If the request has a key, it runs once for it, and answered reports whether the answer
// has been written: that of the chain, or the one that is kept.
func (h *Handler) runChain(x *exchange, c *exec.Chain, how kept) (failure error, answered bool) {
	if x.key == "" || c.ReadOnly || c.Rollback {
		return h.Database.RunChain(x.context(), c), false
	}
	k := x.newKeeper(c, how)
	failure = k.run(x.context(), h.Database)
	if k.doubts(failure) {
		failure = k.lookAgain(x.context(), h.Database, failure)
	}
	failure = k.explain(failure)
	if failure != nil {
		if k.responded {
			x.restartAnswer()
		}
		return failure, false
	}
	return nil, true
}

// newKeeper returns the keeper of a chain.
func (x *exchange) newKeeper(c *exec.Chain, how kept) *keeper {
	k := &keeper{kept: how, exchange: x, inner: c, chain: *c}
	k.id = idempotency.ID(x.key, x.identity.Claims)
	k.print = x.fingerprint()
	k.claim = session.Job{
		Settings: pgsql.SetSession(&pgsql.Session{Role: x.identity.Role}), Main: pgsql.ClaimKey(k.id, k.print), Role: c.Role,
		RoleBound: true, Tampers: x.snapshot.DynamicSQL, Authenticated: c.Authenticated,
	}
	k.chain.Next, k.chain.ReadOnly = k.next, false
	if most := x.settings.config.DBIdempotencyMaxAnswer; c.MaxBody < math.MaxInt-most {
		k.chain.MaxBody = c.MaxBody + most
	}
	return k
}

// fingerprint returns that of the request.
func (x *exchange) fingerprint() []byte {
	in := &x.input
	parts := []string{
		in.Method, in.Path, in.RawQuery, in.ContentType, in.Accept.Value, in.AcceptProfile.Value, in.ContentProfile.Value,
		in.Range, strings.Join(in.Prefer, ","), strings.Join(x.head.values("if-match"), ","),
		strings.Join(x.head.values("if-none-match"), ","), text(in.Body),
	}
	return idempotency.Fingerprint(x.identity.Claims, parts...)
}

// run runs the chain between its two further jobs.
func (k *keeper) run(ctx context.Context, db Database) error {
	err := db.RunChain(ctx, &k.chain)
	if at := k.chain.Failed - 1; at >= 0 && at < k.sent {
		k.inner.Failed = at
	}
	return err
}

// doubts reports whether a request may have failed because another one with its key has just been executed. At other
// levels than read committed, a claim does not see the answer that was kept since the transaction began.
func (k *keeper) doubts(failure error) bool {
	var refusal *apierr.Error
	switch {
	case k.chain.Isolation == "" || k.chain.Isolation == "read committed", k.stage != jobsSent && k.stage != answerKept:
		return false
	case !errors.As(failure, &refusal) || refusal.OutcomeUnknown() || refusal.Status == http.StatusServiceUnavailable:
		return false
	}
	k.doubted = refusal
	return true
}

// lookAgain claims the key once more, in a transaction that sees what has been committed. If an answer has been kept, it
// is that of the request; if not, the failure is.
func (k *keeper) lookAgain(ctx context.Context, db Database, failure error) error {
	stage, failed, at, sent := k.stage, k.inner.Failed, k.chain.Failed, k.sent
	k.chain.Isolation = "read committed"
	err := k.run(ctx, db)
	if k.confirmed {
		k.stage, k.inner.Failed, k.chain.Failed, k.sent = stage, failed, at, sent
		return failure
	}
	return err
}

// explain says what is missing if the functions are, and what to do if it is not known whether the request was executed.
func (k *keeper) explain(failure error) error {
	var refusal *apierr.Error
	if !errors.As(failure, &refusal) {
		return failure
	}
	if refusal.OutcomeUnknown() {
		return apierr.RepeatWithKey(refusal)
	}
	claims, keeps := k.chain.Failed == 0, k.stage == answerKept && k.chain.Failed == k.sent+1
	if (claims || keeps) && isMissing(refusal.Code) {
		return apierr.KeysNotInstalled(failure)
	}
	return failure
}

// isMissing reports whether a code is that of an error of PostgreSQL about something that does not exist: a schema, a
// function, a table or a column.
func isMissing(code string) bool {
	switch code {
	case "3F000", "42883", "42P01", "42703":
		return true
	}
	return false
}

// next returns the jobs that run next, see [session.Chain].
func (k *keeper) next(done int) (session.Flush, *apierr.Error) {
	if done == 0 {
		k.begin()
		return session.Flush{Links: []session.Link{{Job: &k.claim, Answer: &k.claimed}}}, nil
	}
	switch k.stage {
	case keyClaimed:
		k.stage = jobsSent
		if replays, err := k.decide(); err != nil || replays {
			return k.replay(), err
		}
		if k.doubted != nil {
			k.confirmed = true
			return session.Flush{}, k.doubted
		}
		return k.proceed(0)
	case jobsSent:
		return k.proceed(done - 1)
	}
	return session.Flush{}, nil
}

// begin begins a try.
func (k *keeper) begin() {
	if k.responded {
		k.exchange.restartAnswer()
	}
	k.inner.Failed = -1
	k.stage, k.sent, k.last, k.settles, k.responded = keyClaimed, 0, nil, false, false
}

// decide reports whether the answer is one that is kept, which it writes.
func (k *keeper) decide() (replays bool, err *apierr.Error) {
	switch pgsql.KeyState(k.claimed.PageTotal) {
	case pgsql.KeyBusy:
		return false, apierr.KeyInUse()
	case pgsql.KeyOfOther:
		return false, apierr.KeyOfAnotherRequest()
	case pgsql.KeyNew:
		return false, nil
	}
	answer, failure := idempotency.ParseAnswer(k.claimed.Body)
	if failure != nil {
		return false, apierr.Internal(failure)
	}
	k.responded = true
	k.exchange.answer.repeat(&answer)
	return true, nil
}

// replay ends a try whose answer was kept. The pre-request may still refuse the request.
func (k *keeper) replay() session.Flush {
	k.stage = answerRepeated
	if k.exchange.settings.preRequest.Empty() || !k.responded {
		return session.Flush{}
	}
	return session.Flush{Links: []session.Link{k.settling(k.first())}, Last: true}
}

// proceed returns the next jobs of the chain or, behind the last ones, those that keep the answer.
func (k *keeper) proceed(done int) (session.Flush, *apierr.Error) {
	flush, err := k.inner.Next(done)
	if err != nil {
		return flush, err
	}
	if n := len(flush.Links); n > 0 {
		k.sent += n
		k.last, flush.Last = flush.Links[n-1].Job, false
		for _, l := range flush.Links {
			k.settles = k.settles || !l.Job.Pure || !l.Job.PreRequest.Empty()
		}
		return flush, nil
	}
	k.responded = true
	if err := k.respond(); err != nil {
		return flush, err
	}
	return k.finish()
}

// finish returns the jobs that keep the answer.
func (k *keeper) finish() (flush session.Flush, err *apierr.Error) {
	k.stage = answerKept
	c := k.exchange.settings.config
	answer, most := []byte(nil), c.DBIdempotencyMaxAnswer
	if len(k.exchange.answer.response.Body()) <= most {
		answer = k.exchange.answer.kept()
	}
	if len(answer) == 0 || len(answer) > most {
		return flush, apierr.AnswerNotKept(most)
	}
	k.keep = k.claim
	k.keep.Main = pgsql.KeepAnswer(k.id, k.print, int(c.DBIdempotencyExpiry.Seconds()), answer)
	flush.Links = []session.Link{{Job: &k.keep, Answer: &k.stored}}
	if k.settles {
		flush.Links = append(flush.Links, k.settling(k.last))
	}
	flush.Last = true
	return flush, nil
}

// settling returns a job with the settings and the pre-request of another one, which does nothing else.
func (k *keeper) settling(of *session.Job) session.Link {
	k.settle = session.Job{
		Settings: of.Settings, PreRequest: of.PreRequest, Main: pgsql.Nothing(), Role: of.Role, RoleBound: true, AsLogin: of.AsLogin,
		Version: of.Version, Tampers: of.Tampers, Authenticated: of.Authenticated,
	}
	return session.Link{Job: &k.settle, Answer: &k.settled}
}

// kept returns the answer in the form in which it is kept. What differs each time is left out.
func (a *answer) kept() []byte {
	k := idempotency.Answer{Status: a.response.StatusCode(), Body: a.response.Body()}
	for name, value := range a.response.Header.All() {
		switch strings.ToLower(string(name)) {
		case "content-length", "date", "connection", "server-timing":
		default:
			k.Headers = append(k.Headers, idempotency.Header{Name: string(name), Value: string(value)})
		}
	}
	return k.Append(nil)
}

// repeat makes the answer one that was kept.
func (a *answer) repeat(k *idempotency.Answer) {
	a.response.SetStatusCode(k.Status)
	for _, h := range k.Headers {
		a.response.Header.Add(h.Name, h.Value)
	}
	if len(k.Body) > 0 {
		a.setForeignBody(k.Body)
	}
}

// restartAnswer makes the answer as if nothing had been written to it.
func (x *exchange) restartAnswer() {
	a := &x.answer
	h := &a.response.Header
	closes := h.ConnectionClose()
	h.Reset()
	h.DisableNormalizing()
	h.SetNoDefaultContentType(true)
	h.SetStatusCode(http.StatusOK)
	if closes {
		h.SetConnectionClose()
	}
	a.response.SwapBody(nil)
	a.status, a.overrides, x.problem, x.code = 0, nil, nil, ""
}
