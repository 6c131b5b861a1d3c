package gateway

import (
	"context"
	"errors"
	"math"
	"net"

	"github.com/valyala/fasthttp"

	"trunkline/gateway/socket"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// smallBody is the maximum size of bodies that are received first: they cost little, and the connection can be reused
// whatever the answer is. Larger bodies are received after the head has been checked. If the head is refused, the
// connection is closed after the answer. The buffer of a small body is reused.
const smallBody = 16 << 10

// receiveSmall receives the body if it is small, or its beginning if its size is not known.
func (x *exchange) receiveSmall() *apierr.Error {
	if x.client == nil {
		x.input.Body = x.http.Request.Body()
		return nil
	}
	size, most := x.client.BodySize(), x.client.MaxBody()
	switch {
	case size > int64(most):
		return apierr.BodyTooLarge(most)
	case size == 0, size > smallBody:
		return nil
	default:
		x.input.Body = x.body[:0]
		err := x.receive(smallBody)
		if cap(x.input.Body) <= smallBody {
			x.body = x.input.Body[:0]
		}
		return err
	}
}

// queryCopies is how often a query in a body is in memory besides the body, at most: joined with the URL's, decoded, as
// the literal of an array, and in the message to the database.
const queryCopies = 4

// takeQuery receives the body if it belongs to the query string (RFC 10008), and appends it to that. A large body is
// received only if the relation or routine exists.
func (x *exchange) takeQuery() *apierr.Error {
	if !x.input.QueryInBody() { // Fast path
		return nil
	}
	o := &x.settings.request
	head, err := request.ParseHead(&x.input, o)
	if err != nil {
		return err
	}
	if x.client != nil && x.client.BodyPending() {
		if err := x.admit(head); err != nil {
			return err
		}
		if err := x.receive(math.MaxInt); err != nil {
			return err
		}
	}
	if err := x.reserveBody(queryCopies * len(x.input.Body)); err != nil {
		return err
	}
	return x.input.JoinQuery(text(x.input.Body), o)
}

// takeBody receives the rest of the body, if the request needs it, and parses it.
func (x *exchange) takeBody() *apierr.Error {
	if err := x.admitNested(); err != nil {
		return err
	}
	if x.request.TakesBody() && x.client != nil && x.client.BodyPending() {
		if err := x.admit(x.request); err != nil {
			return err
		}
		if err := x.receive(math.MaxInt); err != nil {
			return err
		}
	}
	if x.request.Nested != nil {
		return x.request.CheckNested(x.input.Body, x.reserve)
	}
	return x.request.ParseBody(x.input.Body, x.reserve)
}

// admit checks what can be checked of a request before its body is received.
func (x *exchange) admit(r *request.Request) *apierr.Error {
	for {
		err := planner.Admit(r, x.snapshot, &x.settings.planner)
		if err == nil || !x.handler.missing(x, r, err) {
			return err
		}
	}
}

// reserveBody reserves n bytes for what the body is converted to, besides those for the body itself.
func (x *exchange) reserveBody(n int) *apierr.Error {
	if x.client == nil {
		return nil
	}
	if err := x.client.ReserveBody(int64(n)); err != nil {
		return bodyProblem(x.context(), err)
	}
	return nil
}

// reserveResponse reserves n bytes for a response that has to be in memory as a whole.
func (x *exchange) reserveResponse(n int) *apierr.Error {
	err := x.reserveBody(n)
	if err != nil && err.Status == fasthttp.StatusRequestEntityTooLarge {
		return apierr.ResponseTooLarge(err)
	}
	return err
}

// receive receives the body up to limit bytes.
func (x *exchange) receive(limit int) *apierr.Error {
	body, err := x.client.ReceiveBody(x.input.Body, limit)
	x.input.Body = body
	if err != nil {
		return bodyProblem(x.context(), err)
	}
	return nil
}

// bodyProblem returns the error for a body that could not be received.
func bodyProblem(ctx context.Context, err error) *apierr.Error {
	var refusal *apierr.Error
	var timeout net.Error
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &timeout) && timeout.Timeout():
		return tooSlow()
	case errors.Is(err, socket.ErrBudget) && ctx.Err() == nil:
		return apierr.Overloaded("server-max-body-memory", 1)
	default:
		return apierr.ClientGone(err)
	}
}

// tooSlow returns the error for a request that did not arrive in time.
func tooSlow() *apierr.Error {
	problem := apierr.Malformed("The request did not arrive in time")
	problem.Status = fasthttp.StatusRequestTimeout
	return problem
}

// endBody releases the body. If part of it has not been received, the connection is closed after the answer.
func (x *exchange) endBody() {
	if x.client == nil {
		return
	}
	if x.client.BodyPending() {
		x.answer.response.SetConnectionClose()
		x.client.Linger()
	}
	if !x.answer.streaming {
		x.client.ReleaseBody()
	}
}
