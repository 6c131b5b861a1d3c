package report

import "math"

// scale maps values to positions between From and To: linearly from 0, or logarithmically.
type scale struct {
	least, most float64
	from, to    float64
	logarithmic bool
}

// linear returns a scale from 0 to a round number that is at least most.
func linear(most, from, to float64) scale {
	if most <= 0 {
		most = 1
	}
	step := stepFor(most)
	return scale{most: math.Ceil(most/step) * step, from: from, to: to}
}

// logarithmic returns a scale that covers positive values. Its ends are 1, 2 or 5 times a power of ten.
func logarithmic(least, most, from, to float64) scale {
	if least <= 0 {
		least, most = 1, max(most, 10)
	}
	s := scale{least: roundDown(least), most: roundUp(most), from: from, to: to, logarithmic: true}
	if s.least == s.most {
		s.most = roundUp(s.most * 1.01)
	}
	return s
}

// at returns the position of a value. Values below a logarithmic scale are at its start.
func (s scale) at(v float64) float64 {
	part := (v - s.least) / (s.most - s.least)
	if s.logarithmic {
		part = math.Log(max(v, s.least)/s.least) / math.Log(s.most/s.least)
	}
	return s.from + part*(s.to-s.from)
}

// ticks returns about five values for an axis.
func (s scale) ticks() []float64 {
	var all []float64
	if !s.logarithmic {
		for v, step := 0.0, stepFor(s.most); v <= s.most*1.001; v += step {
			all = append(all, v)
		}
		return all
	}
	wide := s.most/s.least > 300
	for v := s.least; v <= s.most*1.001; v = roundUp(v * 1.01) {
		if !wide || isPower(v) {
			all = append(all, v)
		}
	}
	return all
}

// stepFor returns a distance of ticks, 1, 2 or 5 times a power of ten, so that three to seven fit below most.
func stepFor(most float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(most)))
	switch part := most / power; {
	case part < 1.5:
		return power / 4
	case part < 3:
		return power / 2
	case part < 7:
		return power
	default:
		return 2 * power
	}
}

// roundUp returns the least of 1, 2 and 5 times a power of ten that is at least v.
func roundUp(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	for _, factor := range []float64{1, 2, 5} {
		if v <= factor*power*1.0001 {
			return factor * power
		}
	}
	return 10 * power
}

// roundDown returns the greatest of 1, 2 and 5 times a power of ten that is at most v.
func roundDown(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	for _, factor := range []float64{5, 2} {
		if v >= factor*power*0.9999 {
			return factor * power
		}
	}
	return power
}

func isPower(v float64) bool {
	exponent := math.Log10(v)
	return math.Abs(exponent-math.Round(exponent)) < 1e-6
}
