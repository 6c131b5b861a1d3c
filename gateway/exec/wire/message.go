package wire

// The types of the messages that a server sends (PostgreSQL manual, Message Formats).
const (
	ParseComplete        = '1'
	BindComplete         = '2'
	CloseComplete        = '3'
	NotificationResponse = 'A'
	CommandComplete      = 'C'
	DataRow              = 'D'
	ErrorResponse        = 'E'
	EmptyQueryResponse   = 'I'
	NoticeResponse       = 'N'
	ParameterStatus      = 'S'
	ReadyForQuery        = 'Z'
)

// The transaction statuses of ReadyForQuery.
const (
	Idle          = 'I' // no transaction
	InTransaction = 'T'
)

// MaxMessage is the size of the largest message that PostgreSQL accepts, in bytes.
const MaxMessage = 1<<30 - 1
