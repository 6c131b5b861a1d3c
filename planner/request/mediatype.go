package request

// MediaKind tells the media types apart that have a meaning here.
type MediaKind uint8

// The kinds.
const (
	MediaJSON MediaKind = iota
	MediaGeoJSON
	MediaCSV
	MediaText
	MediaXML
	MediaOpenAPI
	MediaForm
	MediaOctetStream
	MediaAny
	// MediaOther is any other type, in MediaType.Name.
	MediaOther
	// MediaArrayStripped is application/vnd.pgrst.array+json;nulls=stripped.
	MediaArrayStripped
	// MediaObject is application/vnd.pgrst.object+json.
	MediaObject
	// MediaPlan is application/vnd.pgrst.plan: an execution plan.
	MediaPlan
)

// MediaType is a media type of Accept or Content-Type.
type MediaType struct {
	Kind MediaKind
	Name string // MediaOther only: the type as it was sent
	// NullsStripped is the parameter nulls=stripped of a MediaObject.
	NullsStripped bool
	Plan          *PlanMedia // MediaPlan only
}

// PlanMedia are the parameters of an execution plan's media type.
type PlanMedia struct {
	For     MediaType
	JSON    bool
	Options PlanOptions
}

// PlanOptions is a set of EXPLAIN options.
type PlanOptions uint8

// The options.
const (
	PlanAnalyze PlanOptions = 1 << iota
	PlanVerbose
	PlanSettings
	PlanBuffers
	PlanWAL
)
