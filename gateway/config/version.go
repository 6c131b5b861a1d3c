package config

// PostgRESTVersion is the version of PostgREST that Trunkline is compatible with.
const PostgRESTVersion = "16.2"
