package config

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// applicationName is the default application_name, which pg_stat_activity shows.
func (c *Config) applicationName() string { return strings.TrimSpace("Trunkline " + c.Version) }

// Connection returns the parameters for connecting to the database, from db-uri and libpq's environment variables.
// Parameters of libpq (PostgreSQL manual, Parameter Key Words) that pgx does not know are either handled here or
// refused. The error does not contain the password.
func (c *Config) Connection() (*pgx.ConnConfig, error) { return c.connection(c.DBURI) }

func (c *Config) connection(uri Secret) (*pgx.ConnConfig, error) {
	cc, err := pgx.ParseConfig(uri.reveal())
	if err != nil {
		return nil, err
	}
	if err := c.adaptParameters(&cc.Config); err != nil {
		return nil, err
	}
	return cc, nil
}

// listenerConnection returns the parameters of the connection that listens, from db-channel-uri if that is set. With
// several hosts it selects the one that accepts writes, because standby servers do not support LISTEN.
func (c *Config) listenerConnection() (*pgx.ConnConfig, error) {
	uri := c.DBURI
	if c.DBChannelURI.reveal() != "" {
		uri = c.DBChannelURI
	}
	cc, err := c.connection(uri)
	if err != nil {
		return nil, err
	}
	cc.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	return cc, nil
}

// Connect opens a connection. The caller closes it.
func (c *Config) Connect(ctx context.Context) (*pgx.Conn, error) { return open(ctx, c.Connection) }

// ConnectListener opens a connection to listen on. The caller closes it.
func (c *Config) ConnectListener(ctx context.Context) (*pgx.Conn, error) {
	return open(ctx, c.listenerConnection)
}

func open(ctx context.Context, how func() (*pgx.ConnConfig, error)) (*pgx.Conn, error) {
	cc, err := how()
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, cc)
}

// clientParameters returns the parameters of libpq that pgx would send to the server as settings, each with the values
// that have no effect here. If they are nil, any value is accepted.
func clientParameters() []clientParameter {
	return []clientParameter{
		{"gssdelegation", []string{"0"}},
		{"gssencmode", []string{"disable", "prefer"}},
		{"gsslib", nil},
		{"load_balance_hosts", []string{"disable"}},
		{"replication", []string{"false", "off", "no", "0"}},
		{"requirepeer", []string{}},
		{"requiressl", []string{"0"}},
		{"scram_client_key", []string{}},
		{"scram_server_key", []string{}},
		{"ssl_max_protocol_version", []string{"TLSv1.3"}},
		{"ssl_min_protocol_version", []string{"TLSv1.2"}},
		{"sslcompression", nil},
		{"sslcrl", []string{}},
		{"sslcrldir", []string{}},
		{"sslkeylogfile", []string{}},
	}
}

type clientParameter struct {
	name     string
	harmless []string
}

// parameters are the parameters that pgx would send to the server as settings.
type parameters map[string]string

func (p parameters) take(name string) string {
	value := p[name]
	delete(p, name)
	return value
}

// adaptParameters handles the parameters that are for the client.
func (c *Config) adaptParameters(pc *pgconn.Config) error {
	params := parameters(pc.RuntimeParams)
	fallback := params.take("fallback_application_name")
	if params["application_name"] == "" {
		params["application_name"] = cmp.Or(fallback, c.applicationName())
	}
	// The gateway speaks UTF-8, whatever the database's encoding.
	params["client_encoding"] = "UTF8"
	for _, p := range clientParameters() {
		value := params.take(p.name)
		switch {
		case value == "" || p.harmless == nil || slices.Contains(p.harmless, value):
		case strings.HasPrefix(p.name, "scram_"): // the value is as good as a password
			return fmt.Errorf("%s is not supported", p.name)
		default:
			return fmt.Errorf("%s=%s is not supported", p.name, value)
		}
	}
	if err := adaptDialer(pc, params); err != nil {
		return err
	}
	return hostAddresses(pc, cmp.Or(params.take("hostaddr"), os.Getenv("PGHOSTADDR")))
}

// hostAddresses makes hosts resolve to the addresses of hostaddr, one for each host.
func hostAddresses(pc *pgconn.Config, list string) error {
	if list == "" {
		return nil
	}
	hosts := []string{pc.Host}
	for _, f := range pc.Fallbacks {
		if !slices.Contains(hosts, f.Host) {
			hosts = append(hosts, f.Host)
		}
	}
	addresses := strings.Split(list, ",")
	if len(hosts) != len(addresses) || strings.HasPrefix(hosts[0], "/") {
		return fmt.Errorf("hostaddr=%s requires a host for each address", list)
	}
	lookup := pc.LookupFunc
	pc.LookupFunc = func(ctx context.Context, host string) ([]string, error) {
		if i := slices.Index(hosts, host); i >= 0 && addresses[i] != "" {
			return []string{addresses[i]}, nil
		}
		return lookup(ctx, host)
	}
	return nil
}
