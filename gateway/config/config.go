package config

import (
	"math"
	"time"

	"trunkline/cache"
)

// Config is a valid configuration. It is immutable once loaded.
type Config struct {
	// Version is the gateway's own version, FilePath the path of the configuration file or "".
	Version, FilePath string

	AppSettings        []cache.Setting // app.settings.*, sorted by name
	ClientErrorHints   bool            // client-error-hints
	ClientErrorMinimal bool            // client-error-verbosity

	DBAggregatesEnabled bool
	DBAnonRole          string // "" if there is none
	DBChannel           string
	DBChannelEnabled    bool
	DBChannelURI        Secret // empty if DBURI is used
	DBConfig            bool
	DBETag              ETags
	// DBIdempotency makes Idempotency-Key count. Keys have at most DBIdempotencyMaxKey bytes; answers are kept for
	// DBIdempotencyExpiry, and have at most DBIdempotencyMaxAnswer bytes.
	DBIdempotency          bool
	DBIdempotencyExpiry    time.Duration
	DBIdempotencyMaxAnswer int
	DBIdempotencyMaxKey    int
	DBExtraSearchPath      []string
	DBHoistedTxSettings    []string
	DBMaxRows              int64 // NoMaxRows if unset
	DBPlanEnabled          bool
	// DBSafeUpdate refuses writes to all rows of a relation.
	DBSafeUpdate bool
	// DBSchemaLookupRate bounds how many names that the schema does not have are looked for in a second; 0 turns that off.
	DBSchemaLookupRate       int
	DBPool                   int
	DBPoolAcquisitionTimeout time.Duration
	DBPoolAutomaticRecovery  bool
	DBPoolMaxIdletime        time.Duration
	DBPoolMaxLifetime        time.Duration
	DBPreConfig              string // schema.name as configured, or ""
	DBPreRequest             string
	DBPreparedStatements     bool
	DBRootSpec               string
	DBSchemaAuditInterval    time.Duration
	DBSchemaLoadTimeout      time.Duration
	DBSchemas                []string // never empty
	DBTxAllowOverride        bool
	DBTxRollback             bool
	DBURI                    Secret

	JWTAllowedSkew     int // seconds
	JWTAudience        string
	JWTCacheMaxEntries int
	JWTIssuer          []string // OpenID providers
	JWTJWKSURI         []string // see KeyURLs
	JWTRoleClaimKey    string
	JWTRoleRequired    bool
	JWTSecret          Secret // the key's bytes, after reading files and decoding base64
	JWTSecretIsBase64  bool

	LogJSON  bool // log-format
	LogLevel LogLevel
	LogQuery bool

	OpenAPIDocsPath       string // "" if the API does not serve the documentation page
	OpenAPIMode           OpenAPIMode
	OpenAPISecurityActive bool
	OpenAPIServerProxyURI string

	ServerCORSAllowedOrigins []string
	ServerHost               string
	ServerPort               int
	ServerReusePort          bool
	ServerTimingEnabled      bool
	ServerTraceHeader        string
	ServerUnixSocket         string
	ServerUnixSocketMode     uint32

	AdminServerHost           string
	AdminServerPort           int // NoPort if unset
	AdminServerUnixSocket     string
	AdminServerUnixSocketMode uint32
	// AdminMetricsRelations bounds the relations and functions that have metrics of their own; 0 for none.
	AdminMetricsRelations int

	URLUseLegacyTargetNames bool

	// The keys that PostgREST does not have.

	ServerMaxBodySize    int // bytes
	ServerMaxBodyMemory  int // bytes, 0 for a share of the process's memory
	ServerLeastPace      int // bytes per second, 0 for no minimum
	ServerVaryComplete   bool
	ServerMaxRequestLine int // bytes
	ServerMaxHeaderSize  int // bytes
	ServerMaxEchoSize    int // bytes
	ServerReadTimeout    time.Duration
	ServerWriteTimeout   time.Duration
	ServerIdleTimeout    time.Duration
	ServerShutdownTime   time.Duration
	ServerShutdownWait   time.Duration // from SIGTERM until no more connections are accepted
	ServerMaxConnections int
	// BatchMaxOperations is the maximum number of operations of a batch, 0 if there are no batches; BatchMaxAnswer that of
	// bytes in the bodies of its answers.
	BatchMaxOperations, BatchMaxAnswer int
	// NestedMaxDepth is the maximum number of levels below the rows of a nested write, 0 if there are no nested writes;
	// NestedMaxRelations and NestedMaxRows are those of the relations and rows on all levels.
	NestedMaxDepth, NestedMaxRelations, NestedMaxRows int
	// ServerStreamThreshold is the minimum size of an answer that is streamed, in bytes.
	ServerStreamThreshold int
	// SchemaCacheDumpPath is the file that the schema is stored in, SchemaCacheURI where a stored one is read from at
	// start.
	SchemaCacheDumpPath, SchemaCacheURI string
	// URLExtensions lets names in URLs mean what PostgREST has not.
	URLExtensions bool
	// URLMaxDepth, URLMaxFilters, URLMaxEmbeds, URLMaxColumns and URLMaxValues are the limits of request.Limits,
	// URLMaxRelations bounds what pgsql.Relations counts.
	URLMaxDepth, URLMaxFilters, URLMaxEmbeds, URLMaxColumns, URLMaxValues, URLMaxRelations int
	// LogDetails adds what PostgREST's log does not have to access lines in text format.
	LogDetails bool
	// LogSlowRequest is the duration from which on a request is logged as slow, 0 for never.
	LogSlowRequest time.Duration
	// ServerRequestIDHeader is the name of the header with the id of a request, or "".
	ServerRequestIDHeader string
	ServerTrustedProxies  Proxies
	// DBTraceComment adds the traceparent of requests to their SQL as a comment.
	DBTraceComment bool
	// DBTraceApplicationName sets application_name to the place of the transaction in its trace.
	DBTraceApplicationName bool
	// OTelEnabled sends spans of requests to an OpenTelemetry collector.
	OTelEnabled bool
	// DBPoolBatch is the maximum number of quick requests that share a flush to the database under load.
	DBPoolBatch int
	// DBPoolMaxPerRole bounds the connections that run requests of one role.
	DBPoolMaxPerRole PerRole[Share]
	// DBRoleRate bounds the requests of roles, and of the values of claims, in a time.
	DBRoleRate Rates
	// DBPoolMaxStalled bounds the connections held by clients that do not read their answers while requests are
	// waiting. halfOfPool if unset.
	DBPoolMaxStalled int
	// DBPoolMaxWaiting bounds the requests that wait for a connection. Beyond it, requests are answered 503 at once.
	DBPoolMaxWaiting int
	// DBStatementCacheBytes bounds the total text of the prepared statements of each connection, in bytes.
	DBStatementCacheBytes int
	// DBStatementCacheSize bounds the number of prepared statements of each connection.
	DBStatementCacheSize int

	// Warnings are to be logged: values that are ignored, and deprecated ones.
	Warnings []string

	// Roles are the settings of roles, read from the database.
	Roles Roles

	// sources are where values that are not defaults come from, by key. It is nil if there are none.
	sources map[string]string
	// olderNames are the older names by which keys are set, by key.
	olderNames map[string]string
}

// noMaxRows is the value of DBMaxRows for no limit.
const noMaxRows int64 = -1

// halfOfPool is the value of DBPoolMaxStalled for half of DBPool.
const halfOfPool = -1

// NoPort is the value of AdminServerPort if no port is configured.
const NoPort = math.MinInt

// Secret is text that must not be printed.
type Secret struct{ text string }

// newSecret hides text.
func newSecret(text string) Secret { return Secret{text} }

// reveal returns the hidden text.
func (s Secret) reveal() string { return s.text }

// String returns a placeholder, or "" for an empty secret.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return "[redacted]"
}

// MarshalText returns the same as String, so that encoders redact too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogLevel is log-level. A higher level logs more.
type LogLevel uint8

// The levels.
const (
	LogCrit LogLevel = iota
	LogError
	LogWarn
	LogInfo
	LogDebug
)

// ETags is db-etag.
type ETags uint8

// Which answers have entity tags.
const (
	NoETags ETags = iota
	ETagsOnRequest
	AllETags
)

// OpenAPIMode is openapi-mode.
type OpenAPIMode uint8

// The modes.
const (
	FollowPrivileges OpenAPIMode = iota
	IgnorePrivileges
	OpenAPIDisabled
)
