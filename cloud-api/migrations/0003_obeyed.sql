-- How far each box obeys the cloud's journal, as its own journal says: blocks and replacements are known there from then on.
-- Of journals taken before this column it is 0, "nothing known", until the next cursor comes.
ALTER TABLE journal_head ADD COLUMN obeyed_seq bigint NOT NULL DEFAULT 0;
