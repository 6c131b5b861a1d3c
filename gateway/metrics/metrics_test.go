package metrics

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestWrite(t *testing.T) {
	m := New(func() Pool { return Pool{Max: 10, Idle: 3, Busy: 4, Waiting: 2, Shared: 9} })
	m.PoolTimeout()
	m.SchemaLoaded(1500*time.Millisecond, 7)
	m.SchemaFailed("columns")
	m.JWTLookup(true)
	m.JWTLookup(false)
	m.JWTEvicted()
	m.JWTSkewed("exp", 45, true)
	m.JWTSkewed("iat", 4, false)
	m.JWTSkewed("nbf", math.Inf(1), true)
	m.JWKSFetched()
	m.JWKSFailed()
	m.ConfigReloaded(true)
	m.ConfigReloaded(false)
	m.Listening(true)
	m.ShowWatched(func() bool { return true })
	m.Request("GET", "relation", "200").Observe(0.002)
	m.Refused(431)
	m.Stage("plan").Observe(0.00001)
	var out strings.Builder
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"pgrst_db_pool_timeouts_total 1",
		"pgrst_db_pool_max 10",
		"pgrst_db_pool_available 3",
		"pgrst_db_pool_waiting 2",
		"trunkline_db_pool_busy 4",
		"trunkline_db_pool_shared_total 9",
		`pgrst_schema_cache_loads_total{status="SUCCESS"} 1`,
		`pgrst_schema_cache_loads_total{status="FAIL"} 1`,
		"pgrst_schema_cache_query_time_seconds 1.5",
		"pgrst_jwt_cache_requests_total 2",
		"pgrst_jwt_cache_hits_total 1",
		"pgrst_jwt_cache_evictions_total 1",
		`trunkline_jwt_skew_seconds_bucket{claim="exp",outcome="refused",le="30"} 0`,
		`trunkline_jwt_skew_seconds_bucket{claim="exp",outcome="refused",le="60"} 1`,
		`trunkline_jwt_skew_seconds_sum{claim="iat",outcome="allowed"} 4`,
		`trunkline_jwt_skew_seconds_bucket{claim="nbf",outcome="refused",le="86400"} 0`,
		`trunkline_jwt_skew_seconds_sum{claim="nbf",outcome="refused"} 604800`,
		"trunkline_jwks_fetches_total 1",
		"trunkline_jwks_fetch_errors_total 1",
		`trunkline_config_reloads_total{status="FAIL"} 1`,
		"trunkline_listener_up 1",
		"trunkline_schema_watched 1",
		"trunkline_schema_generation 7",
		`trunkline_request_duration_seconds_count{method="GET",resource="relation",status="200"} 1`,
		`trunkline_refused_requests_total{status="431"} 1`,
		`trunkline_stage_duration_seconds_count{stage="plan"} 1`,
	} {
		if !strings.Contains(out.String(), "\n"+line+"\n") {
			t.Errorf("the metrics lack %q", line)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}
