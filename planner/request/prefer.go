package request

// Preferences are the known preferences of the Prefer headers (RFC 7240). Of a repeated one the first counts.
type Preferences struct {
	Resolution  Resolution
	Return      Return
	Count       CountMode
	Transaction Transaction
	Missing     Missing
	Handling    Handling
	// Timezone is the time zone's name, "" if not given.
	Timezone string
	// MaxAffected is the limit of affected rows; HasMaxAffected tells whether it was given.
	MaxAffected    int64
	HasMaxAffected bool
	// Invalid holds what was not understood, in order; an error with handling=strict.
	Invalid []string
}

// Resolution is what an insert does with a conflicting row.
type Resolution uint8

// The resolutions.
const (
	NoResolution Resolution = iota
	MergeDuplicates
	IgnoreDuplicates
)

// Return is what a write answers with.
type Return uint8

// The kinds of answer.
const (
	ReturnDefault Return = iota
	ReturnMinimal
	ReturnHeadersOnly
	ReturnRepresentation
)

// CountMode is how the total is counted.
type CountMode uint8

// The modes.
const (
	NoCount CountMode = iota
	CountExact
	CountPlanned
	CountEstimated
)

// Transaction is how the transaction ends.
type Transaction uint8

// The ends.
const (
	TxDefault Transaction = iota
	TxCommit
	TxRollback
)

// Missing is what a write puts in columns whose keys a row lacks.
type Missing uint8

// The choices.
const (
	MissingUnset Missing = iota
	MissingDefault
	MissingNull
)

// Handling is what happens to preferences that are not understood.
type Handling uint8

// The choices.
const (
	HandlingUnset Handling = iota
	HandlingStrict
	HandlingLenient
)
