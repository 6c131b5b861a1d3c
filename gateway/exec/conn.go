package exec

import (
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/planner/apierr"
)

// maxMessage is the most that PostgreSQL takes in one message.
const maxMessage = 1<<30 - 1

// conn is a connection of the pool. It is used by one goroutine at a time.
type conn struct {
	// pg opened the connection and can cancel what runs on it. All else goes through network.
	pg      *pgconn.PgConn
	network net.Conn
	// socket is for looking at the network's state; nil if there is no way to. probe looks, probed is what it saw.
	socket syscall.RawConn
	probe  func(fd uintptr) bool
	probed bool
	tls    bool

	reader     reader
	encoder    encoder
	statements statements
	cleaning   cleaning
	// exchange is what is under way or being answered: own, or that of a rider. Riders are the jobs whose statements
	// went along in the same flush, in its order; spare are for the next ones.
	exchange      *exchange
	own           exchange
	riders, spare []*rider
	// flies tells that the connection was taken for quick jobs, at the time of departed, shared that there were several.
	flies, shared bool
	departed      time.Time
	// turn is when it came to the job of a shared flush whose answer comes next. Record is that of its statement, if that
	// had to prove to be quick.
	turn   time.Time
	record *record

	// cancel is what a canceled context calls. It is told by answered that it need not go on, and tells by canceled
	// that it has ended.
	cancel             func()
	cancelShared       func() // the same for a flush that others share
	answered, canceled chan struct{}

	// generation is that of the schema snapshot for which the statements were prepared.
	generation uint64
	// user is the session's user; estranged tells that a function has changed it.
	user      string
	estranged bool
	// suspect tells that the prepared statements may have been replaced since they were last looked at.
	suspect bool
	// status is the transaction status of the last ReadyForQuery, 'I' for idle.
	status byte
	// broken tells that the connection is of no use any more, dirty that it has to be cleaned first.
	broken, dirty bool
	// used tells that it has served a job.
	used bool

	expires   time.Time // zero for never
	idleSince time.Time
}

// reusable tells whether the connection may serve another job.
func (c *conn) reusable() bool { return !c.broken && !c.estranged && c.status == 'I' }

// close tells the server and closes the connection.
func (c *conn) close() {
	if !c.broken {
		_ = c.network.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.network.Write([]byte{'X', 0, 0, 0, 4}) // Terminate
	}
	_ = c.network.Close()
}

// prepare encodes the steps of the script from the given one on. What is from the first one on takes the riders along.
func (c *conn) prepare(from int) error {
	x := c.exchange
	if err := x.script.resolve(from, &c.statements, x.settings, 1+len(c.riders)); err != nil {
		return err
	}
	c.encoder.reset()
	for _, name := range c.statements.closing {
		c.encoder.closeStatement(name)
	}
	c.statements.closing = c.statements.closing[:0]
	x.commitSize = x.script.encode(from, &c.encoder)
	if c.encoder.size() > maxMessage {
		return apierr.BodyTooLarge(maxMessage)
	}
	if from == 0 && len(c.riders) > 0 {
		return c.board(x.settings)
	}
	return nil
}

// roundTrip sends what was prepared and reads the answers.
func (c *conn) roundTrip() (err error) {
	x := c.exchange
	x.trips++
	if c.encoder.size() > keptBuffer {
		return c.roundTripLarge()
	}
	if x.sent, err = c.encoder.writeTo(c.network); err != nil {
		return err
	}
	return c.readAnswers()
}

// roundTripLarge sends while it reads, because the server may block on its answers before it has taken all.
func (c *conn) roundTripLarge() error {
	x := c.exchange
	written := make(chan error, 1)
	go func() {
		var err error
		x.sent, err = c.encoder.writeTo(c.network)
		written <- err
	}()
	err := c.readAnswers()
	if err != nil && !errors.Is(err, errStreaming) {
		_ = c.network.Close()
	}
	if writeErr := <-written; err == nil {
		err = writeErr
	}
	return err
}

// renew forgets the statements that were prepared for another snapshot of the schema.
func (c *conn) renew(generation uint64) {
	if c.generation != generation {
		c.generation = generation
		c.statements.forgetAll()
	}
}

// forget lets go of what belongs to the last job.
func (c *conn) forget() {
	c.exchange.start(nil, nil, nil, nil)
	c.exchange = &c.own
	c.encoder.reset()
}
