package openapi

import "slices"

// The names of the parameters for conditional and repeatable requests, which only some configurations know.
const (
	ifMatch        = "if-match"
	ifNoneMatch    = "if-none-match"
	idempotencyKey = "idempotency-key"
)

// conditional returns the parameters for conditional and repeatable requests that the configuration knows.
func (in *Input) conditional() (parameters object) {
	if in.ETags {
		parameters = append(parameters,
			header31(ifMatch, "If-Match", "The entity tags of a read with the same filters, select and Accept: the row is written only if "+
				"it still has one of them", `"xcRW7Nt8_C0OXoiCoQDc3A"`),
			header31(ifNoneMatch, "If-None-Match", "The entity tags that the client has, for which a read returns 304; or *, with which a write only "+
				"creates rows", `"xcRW7Nt8_C0OXoiCoQDc3A"`))
	}
	if in.Keys {
		parameters = append(parameters, header31(idempotencyKey, "Idempotency-Key",
			"A new key for each request that must be executed only once, however often it is sent", "8e03978e-40d5-43dd-bc93-6894a57f9324"))
	}
	return parameters
}

// known reports whether the configuration knows the parameter of a component.
func (in *Input) known(component string) bool {
	switch component {
	case ifMatch, ifNoneMatch:
		return in.ETags
	case idempotencyKey:
		return in.Keys
	default:
		return true
	}
}

// notModified adds the answer to a read whose representation the client has.
func (in *Input) notModified(responses object) object {
	if !in.ETags {
		return responses
	}
	answer := member{"304", object{{"description", "The client already has the current content"}}}
	at := slices.IndexFunc(responses, func(m member) bool { return m.name > answer.name })
	return slices.Insert(responses, max(at, 0), answer)
}

// batchParameters returns the parameters of a batch, nil if there are none.
func (in *Input) batchParameters() any {
	if !in.Keys {
		return nil
	}
	return []object{parameterRef(idempotencyKey)}
}
