-- Answers are forgotten by age.
CREATE INDEX ON command (complete_time);
