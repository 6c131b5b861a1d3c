package request

import "testing"

func TestParsePrefer(t *testing.T) {
	for _, tc := range []struct {
		headers []string
		want    Preferences
	}{
		{nil, Preferences{}},
		{[]string{""}, Preferences{}},
		{
			[]string{"resolution=merge-duplicates, count=exact,tx=commit ,  return=minimal"},
			Preferences{Resolution: MergeDuplicates, Count: CountExact, Transaction: TxCommit, Return: ReturnMinimal},
		},
		{
			[]string{"resolution=ignore-duplicates", "missing=default", "handling=lenient", "return=headers-only"},
			Preferences{Resolution: IgnoreDuplicates, Missing: MissingDefault, Handling: HandlingLenient, Return: ReturnHeadersOnly},
		},
		{
			[]string{"count=planned, count=exact", "count=estimated", "return=representation, return=minimal"},
			Preferences{Count: CountPlanned, Return: ReturnRepresentation},
		},
		{
			[]string{"missing=null,handling=strict,tx=rollback,count=estimated"},
			Preferences{Missing: MissingNull, Handling: HandlingStrict, Transaction: TxRollback, Count: CountEstimated},
		},
		{[]string{"timezone=Asia/Tokyo,timezone=UTC"}, Preferences{Timezone: "Asia/Tokyo", HasTimezone: true}},
		{[]string{"timezone="}, Preferences{HasTimezone: true}},
		{[]string{"max-affected=5,max-affected=6"}, Preferences{MaxAffected: 5, HasMaxAffected: true}},
		{[]string{"max-affected=-1"}, Preferences{MaxAffected: -1, HasMaxAffected: true}},
		{[]string{"max-affected=five,max-affected=6"}, Preferences{}},
		{
			[]string{"count=exact, wait=5, ,RETURN=minimal", "timezone,max-affected,return=,count=most"},
			Preferences{
				Count:   CountExact,
				Invalid: []string{"wait=5", "", "RETURN=minimal", "timezone", "max-affected", "return=", "count=most"},
			},
		},
	} {
		wantEqual(t, "Prefer", parsePrefer(tc.headers, true), tc.want)
	}
	wantEqual(t, "tx not allowed", parsePrefer([]string{"tx=rollback"}, false), Preferences{})
}

func TestAppendApplied(t *testing.T) {
	for want, p := range map[string]Preferences{
		"": {Invalid: []string{"x"}},
		"resolution=ignore-duplicates, missing=null, return=representation, count=estimated, tx=rollback, handling=strict, timezone=UTC, max-affected=-3": {
			Resolution: IgnoreDuplicates, Missing: MissingNull, Return: ReturnRepresentation, Count: CountEstimated,
			Transaction: TxRollback, Handling: HandlingStrict, Timezone: "UTC", HasTimezone: true, MaxAffected: -3,
			HasMaxAffected: true,
		},
		"handling=lenient":              {Handling: HandlingLenient, MaxAffected: 3, HasMaxAffected: true},
		"timezone=":                     {HasTimezone: true},
		"count=exact, tx=commit":        {Count: CountExact, Transaction: TxCommit},
		"return=minimal, count=planned": {Return: ReturnMinimal, Count: CountPlanned},
	} {
		wantEqual(t, want, string(AppendApplied([]byte("x: "), &p)), "x: "+want)
	}
}
