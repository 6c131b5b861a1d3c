package gateway

import (
	"bytes"
	"testing"

	"trunkline/gateway/idempotency"
)

// TestBufferIsNotPassedOn makes answers that are made again because their transaction was not committed. Until then, the
// jobs may write to the buffer, so that no other response may have it.
func TestBufferIsNotPassedOn(t *testing.T) {
	for name, respond := range map[string]func(*answer){
		"an answer that was kept": func(a *answer) { a.repeat(&idempotency.Answer{Status: 200, Body: []byte("kept")}) },
		"a large body":            func(a *answer) { a.setBody(make([]byte, 2*keptBody)) },
		"a small body":            func(a *answer) { a.setBody(append(a.buffer[:0], "mine"...)) },
	} {
		x := &exchange{answer: answer{response: newResponse()}}
		x.answer.response.SwapBody(make([]byte, 0, newBody)) // as one that has been used
		buffer := append(x.answer.takeBuffer(), "mine"...)
		respond(&x.answer)
		other := newResponse()
		other.AppendBodyString("other")
		x.restartAnswer()
		if !bytes.Equal(buffer, []byte("mine")) {
			t.Errorf("%s: another response has written %q to the buffer", name, buffer)
		}
	}
}
