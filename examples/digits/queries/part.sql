-- The images of one part, in their order, without what tells the part.
select * exclude (id, split)
from digits
where split = $part
order by id
