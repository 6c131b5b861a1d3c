package planner

import (
	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// Admit refuses what is wrong with a write or a call whatever its body is: there is no such relation or routine, or the
// body's media type is not acceptable. It is for large bodies, which need not be received then. Of a routine that is not
// there the error names no arguments, which only the body tells.
func Admit(req *request.Request, snap *cache.Snapshot, o *Options) *apierr.Error {
	p := newPlanning(req, snap, o)
	if req.Action == request.ActionCall {
		if overloads := snap.Routines(p.plan.Target); len(overloads) == 0 {
			return p.unknownRoutine(nil, overloads)
		}
	} else if err := p.findTable(); err != nil {
		return err
	}
	return req.CheckMedia()
}
