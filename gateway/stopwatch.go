package gateway

import (
	"strconv"
	"time"
)

// stage is a stage of a request.
type stage uint8

// The stages, in order.
const (
	stageJWT stage = iota
	stageParse
	stagePlan
	stageTransaction
	stageResponse
	stages
)

// String returns the stage's name in Server-Timing and in metrics.
func (s stage) String() string {
	return [...]string{"jwt", "parse", "plan", "transaction", "response"}[s]
}

// stopwatch measures the durations of stages.
type stopwatch struct {
	began, since time.Time
	took         [stages]time.Duration
	passed       [stages]bool
	// laps are all of them if keeps is set.
	keeps bool
	laps  []lap
}

// lap is a time in a stage.
type lap struct {
	stage        stage
	began, ended time.Time
}

// start starts measuring the first stage.
func (w *stopwatch) start() {
	now := time.Now()
	*w = stopwatch{began: now, since: now}
}

// lap ends a stage and starts the next. The durations of repeated stages are added.
func (w *stopwatch) lap(s stage) {
	now := time.Now()
	w.took[s] += now.Sub(w.since)
	if w.keeps {
		w.laps = append(w.laps, lap{s, w.since, now})
	}
	w.since, w.passed[s] = now, true
}

// appendServerTiming appends the value of Server-Timing: each stage's milliseconds.
func (w *stopwatch) appendServerTiming(dst []byte) []byte {
	for s, took := range w.took {
		if s > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(append(dst, stage(s).String()...), ";dur="...) // below stages
		dst = strconv.AppendFloat(dst, float64(took)/float64(time.Millisecond), 'f', 1, 64)
	}
	return dst
}
