package planner

import (
	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// Admit returns the error of a request that is wrong regardless of its body: the relation or routine does not exist, or
// the body's media type is not acceptable. The body of such a request need not be received. The error for an unknown
// routine does not name the arguments, which only the body contains.
func Admit(req *request.Request, snap *cache.Snapshot, o *Options) *apierr.Error {
	p := newPlanning(req, snap, o)
	if req.Action.Calls() {
		if overloads := snap.Routines(p.plan.Target); len(overloads) == 0 {
			return p.unknownRoutine(nil, overloads)
		}
	} else if err := p.findTable(); err != nil {
		return err
	}
	return req.CheckMedia()
}
