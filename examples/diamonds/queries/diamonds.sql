-- Every diamond once.
select diamond_id, carat, cut, color, clarity, depth, "table", x, y, z, price
from diamonds
order by diamond_id
