package e2e

import "time"

// networkFaults are those of the network between gateway and database.
func networkFaults() []*fault {
	return []*fault{
		{
			name: "connections refused", part: "link", long: true, answers: lostDatabase, lasts: 30 * time.Second,
			begin: func(d *deployment) { d.link.refuse(); d.link.cut() },
			end:   func(d *deployment) { d.link.open() },
		},
		{
			name: "network cut in the middle of messages", part: "link", answers: lostDatabase, lasts: 5 * time.Second,
			begin: func(d *deployment) { d.link.tears.Store(40) },
			end:   func(d *deployment) { d.link.tears.Store(0) },
		},
		{
			name: "network stalled in the middle of messages", part: "link", stops: true, long: true, answers: []string{"503 TRUNK503", "504 PGRST003"},
			begin: func(d *deployment) { d.link.stall(true) },
			end:   func(d *deployment) { d.link.stall(false) },
		},
		{
			name: "network stalled, then cut", part: "link", stops: true, long: true, answers: lostDatabase,
			begin: func(d *deployment) { d.link.stall(true) },
			end:   func(d *deployment) { d.link.cut(); d.link.stall(false) },
		},
		{
			// Nobody answers any more, and nobody says so, until the network resets what it does not know. Clients give up
			// after a second.
			name: "connections to the database half open", part: "link", stops: true, long: true, answers: append([]string{"no answer"}, lostDatabase...),
			begin: func(d *deployment) {
				d.load.patience.Store(int64(time.Second))
				d.link.lose()
			},
			end: func(d *deployment) {
				d.link.cut()
				d.load.patience.Store(int64(patience))
			},
		},
	}
}
