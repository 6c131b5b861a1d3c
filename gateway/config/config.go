package config

import (
	"math"
	"time"

	"trunkline/cache"
)

// Config is a valid configuration. It is never changed after it was loaded.
type Config struct {
	// Version is the gateway's own version, FilePath the configuration file, "" if none.
	Version, FilePath string

	AppSettings        []cache.Setting // app.settings.*, sorted by name
	ClientErrorMinimal bool            // client-error-verbosity

	DBAggregatesEnabled      bool
	DBAnonRole               string // "" if none
	DBChannel                string
	DBChannelEnabled         bool
	DBConfig                 bool
	DBExtraSearchPath        []string
	DBHoistedTxSettings      []string
	DBMaxRows                int64 // NoMaxRows if unset
	DBPlanEnabled            bool
	DBPool                   int
	DBPoolAcquisitionTimeout time.Duration
	DBPoolAutomaticRecovery  bool
	DBPoolMaxIdletime        time.Duration
	DBPoolMaxLifetime        time.Duration
	DBPreConfig              string // schema.name as configured, "" if none
	DBPreRequest             string
	DBPreparedStatements     bool
	DBRootSpec               string
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
	JWTSecret          Secret // the key's bytes, files read and base64 decoded
	JWTSecretIsBase64  bool

	LogJSON  bool // log-format
	LogLevel LogLevel
	LogQuery bool

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

	URLUseLegacyTargetNames bool

	// Trunkline's own keys.

	ServerMaxBodySize    int // bytes
	ServerMaxBodyMemory  int // bytes, 0 for what the process may use
	ServerLeastPace      int // bytes a second, 0 for none
	ServerVaryComplete   bool
	ServerMaxRequestLine int // bytes
	ServerMaxHeaderSize  int // bytes
	ServerMaxEchoSize    int // bytes
	ServerReadTimeout    time.Duration
	ServerWriteTimeout   time.Duration
	ServerIdleTimeout    time.Duration
	ServerShutdownTime   time.Duration
	ServerMaxConnections int
	// ServerStreamThreshold is the size of an answer from which on it is streamed, in bytes.
	ServerStreamThreshold int
	// URLExtensions lets names in URLs mean what PostgREST has not.
	URLExtensions bool
	// URLMaxDepth, URLMaxFilters, URLMaxEmbeds and URLMaxColumns are the limits of request.Limits.
	URLMaxDepth, URLMaxFilters, URLMaxEmbeds, URLMaxColumns int
	// DBTraceComment writes the traceparent of requests into a comment of their SQL.
	DBTraceComment bool
	// DBPoolBatch is how many quick requests may share a flush to the database under load.
	DBPoolBatch int
	// DBPoolMaxStalled bounds the connections that clients which do not read hold while others wait; HalfOfPool if unset.
	DBPoolMaxStalled int
	// DBPoolMaxWaiting bounds the requests that wait for a connection; beyond it the answer is 503 at once.
	DBPoolMaxWaiting int
	// DBStatementCacheBytes bounds the texts of the prepared statements of each connection, in bytes.
	DBStatementCacheBytes int
	// DBStatementCacheSize bounds the prepared statements of each connection.
	DBStatementCacheSize int

	// Warnings are for the log: values that are ignored, and deprecated ones.
	Warnings []string

	// Roles are the settings of roles, read from the database.
	Roles Roles
}

// noMaxRows as DBMaxRows means no limit.
const noMaxRows int64 = -1

// halfOfPool as DBPoolMaxStalled means half of DBPool.
const halfOfPool = -1

// NoPort as AdminServerPort means that no port is configured.
const NoPort = math.MinInt

// Secret is text that must not be printed. Reveal returns it.
type Secret struct{ text string }

// newSecret hides text.
func newSecret(text string) Secret { return Secret{text} }

// reveal returns the hidden text.
func (s Secret) reveal() string { return s.text }

// String returns a placeholder, or "" if there is nothing to hide.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return "[redacted]"
}

// MarshalText returns what String does, so that encoders redact too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogLevel is log-level; a higher level logs more.
type LogLevel uint8

// The levels.
const (
	LogCrit LogLevel = iota
	LogError
	LogWarn
	LogInfo
	LogDebug
)

// OpenAPIMode is openapi-mode.
type OpenAPIMode uint8

// The modes.
const (
	FollowPrivileges OpenAPIMode = iota
	IgnorePrivileges
	OpenAPIDisabled
)
