package config

// Version is Trunkline's version, PostgRESTVersion that of the PostgREST which it is compatible with.
const (
	Version          = "0.1.0"
	PostgRESTVersion = "16.2"
)
