-- lease --
SELECT holder, epoch, mark, seconds FROM lease

-- renew --
UPDATE lease SET mark = mark + 1, seconds = :seconds

-- take --
UPDATE lease SET holder = :holder, epoch = epoch + 1, mark = mark + 1, seconds = :seconds

-- give_back --
UPDATE lease SET holder = '', mark = mark + 1 WHERE holder = :holder
